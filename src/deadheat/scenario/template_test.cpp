#include "scenario/template.h"

#include <gtest/gtest.h>

namespace {

std::string shown(std::string_view text) {
  const auto pieces = scenario::split(text);
  if (!pieces) return "error: " + pieces.error();
  std::string out;
  for (const scenario::Piece& piece : *pieces) {
    constexpr std::string_view kinds[] = {"literal", "name", "jq"};
    out.append(kinds[static_cast<std::size_t>(piece.kind)]).append("<" + piece.text + ">");
  }
  return out;
}

TEST(Templates, AreLiteralsNamesAndJq) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"plain", "literal<plain>"},
      {"{{x}}", "name<x>"},
      {"{{ x }}", "name<x>"},
      {"{{$uuid}}", "name<$uuid>"},
      {"/orders/{{order}}/", "literal</orders/>name<order>literal</>"},
      {"{{a}}{{b}}", "name<a>name<b>"},
      {"{{ .order | @base64 }}", "jq<.order | @base64>"},
      {"{{.order.id}}", "jq<.order.id>"},
      {"{{ \"}}\" }}", "jq<\"}}\">"},
      {"{{ \"{{\" }}x", "jq<\"{{\">literal<x>"},
      {"{{ {a: {b: 1}} | tojson }}!", "jq<{a: {b: 1}} | tojson>literal<!>"},
      {R"~({{ "\(.a | "}}")" }}.)~", R"~(jq<"\(.a | "}}")">literal<.>)~"},
      {R"({{ "a\"}}" }})", R"(jq<"a\"}}">)"},
      {"{ {x}", "literal<{ {x}>"},
      {"x}}", "literal<x}}>"},
      {"{{x}", "error: a {{ is not closed by }}"},
      {"{{", "error: a {{ is not closed by }}"},
      {"{{ \"}} ", "error: a {{ is not closed by }}"},
      {"{{ }}", "error: expected a name or jq between {{ and }}, found nothing"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(shown(text), expected) << text;
}

TEST(Templates, GiveJqTheBuiltinNamesAsVariables) {
  const auto pieces = scenario::split("{{ $uuid | .[0:8] }}");
  ASSERT_TRUE(pieces);
  EXPECT_EQ(scenario::program_of(pieces->front()), ".[\"$uuid\"] as $uuid | $uuid | .[0:8]");
}

TEST(Names, AreIdentifiers) {
  for (const char* name : {"a", "A", "_", "order_2", "x9"}) EXPECT_TRUE(scenario::is_name(name));
  for (const char* name : {"", "9x", "a-b", "a b", "주문", "$x", "a.b"})
    EXPECT_FALSE(scenario::is_name(name)) << name;
}

}  // namespace
