// Changes that get lost: somebody writes back more than was changed.
#include "patterns.h"

namespace lab {
namespace {

namespace put_document {

constexpr auto document_of = "SELECT id, title, text, version FROM documents WHERE id = ?";

/// The version that the client sends along is not looked at.
Answer put_faulty(Database& db, const Call& call) {
  db.change("UPDATE documents SET title = ?, text = ?, version = version + 1 WHERE id = ?",
            {call.text("title"), call.text("text"), call.id()});
  return ok(db.one(document_of, {call.id()}));
}

/// Takes over what differs from the version that the client had, and nothing else.
Answer put_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  const Row base = db.one("SELECT title, text FROM revisions WHERE id = ? AND version = ?",
                          {call.id(), call.integer("version")});
  if (call.text("title") != base.text("title"))
    db.change("UPDATE documents SET title = ? WHERE id = ?", {call.text("title"), call.id()});
  if (call.text("text") != base.text("text"))
    db.change("UPDATE documents SET text = ? WHERE id = ?", {call.text("text"), call.id()});
  db.change("UPDATE documents SET version = version + 1 WHERE id = ?", {call.id()});
  db.insert("INSERT INTO revisions SELECT id, version, title, text FROM documents WHERE id = ?",
            {call.id()});
  const Row document = db.one(document_of, {call.id()});
  transaction.commit();
  return ok(document);
}

Answer put_refusing(Database& db, const Call& call) {
  const auto document = db.find(
      "UPDATE documents SET title = ?, text = ?, version = version + 1 "
      "WHERE id = ? AND version = ? RETURNING id, title, text, version",
      {call.text("title"), call.text("text"), call.id(), call.integer("version")});
  return document ? ok(*document) : refuse(412, "the document has changed");
}

Answer create(Database& db, const Call& call) {
  Transaction transaction(db);
  const auto id = db.insert("INSERT INTO documents (title, text) VALUES (?, ?)",
                            {call.text("title"), call.text("text")});
  db.insert("INSERT INTO revisions SELECT id, version, title, text FROM documents WHERE id = ?",
            {id});
  transaction.commit();
  return created(id);
}

Pattern pattern() {
  return {
      .name = "put-document",
      .title = "Two people open a document, and the second to save takes the first's change back",
      .cwe = "CWE-362",
      .window = "between the requests: from the GET of one to its PUT",
      .cure = "the server keeps each version and takes over only what differs from the client's",
      .refusal = "the version that was read is a condition of the UPDATE; 412 if it has moved",
      .schema =
          "CREATE TABLE documents (id INTEGER PRIMARY KEY, title TEXT, text TEXT, version "
          "INTEGER DEFAULT 1);"
          "CREATE TABLE revisions (id INTEGER, version INTEGER, title TEXT, text TEXT, "
          "PRIMARY KEY (id, version))",
      .routes = {{"POST /documents", create}, {"GET /documents/{id}", reads(document_of)}},
      .variants = {{"PUT /documents/{id}", put_faulty, put_cured, put_refusing}},
  };
}

}  // namespace put_document

namespace patch_parts {

/// The profile is one column of JSON, as many a document is.
Answer patch_faulty(Database& db, const Call& call) {
  const Row row = db.one("SELECT profile FROM users WHERE id = ?", {call.id()});
  json::object profile = base::parse_json(row.text("profile"))->as_object();
  for (const auto& [name, value] : call.body) profile[name] = value;
  db.change("UPDATE users SET profile = ? WHERE id = ?", {base::to_text(profile), call.id()});
  return ok(std::move(profile));
}

Answer patch_cured(Database& db, const Call& call) {
  const Row row =
      db.one("UPDATE users SET profile = json_patch(profile, ?) WHERE id = ? RETURNING profile",
             {base::to_text(call.body), call.id()});
  return ok(*base::parse_json(row.text("profile")));
}

Answer patch_refusing(Database& db, const Call& call) {
  const Row row = db.one("SELECT profile, version FROM users WHERE id = ?", {call.id()});
  json::object profile = base::parse_json(row.text("profile"))->as_object();
  for (const auto& [name, value] : call.body) profile[name] = value;
  if (db.change("UPDATE users SET profile = ?, version = version + 1 WHERE id = ? AND version = ?",
                {base::to_text(profile), call.id(), row.integer("version")}) == 0)
    return refuse(409, "the profile has changed, try again");
  return ok(std::move(profile));
}

Answer read(Database& db, const Call& call) {
  const Row row = db.one("SELECT profile FROM users WHERE id = ?", {call.id()});
  return ok(*base::parse_json(row.text("profile")));
}

Pattern pattern() {
  return {
      .name = "patch-parts",
      .title = "Two change different parts of a document, and one change is gone",
      .cwe = "CWE-362",
      .window = "from reading the document to writing it back as a whole",
      .cure = "the database changes the part: UPDATE ... SET profile = json_patch(profile, ?)",
      .refusal = "a version as a condition of the UPDATE; 409 if it has moved",
      .schema =
          "CREATE TABLE users (id INTEGER PRIMARY KEY, profile TEXT DEFAULT "
          "'{\"name\":\"Kim\",\"city\":\"Seoul\"}', version INTEGER DEFAULT 1)",
      .routes = {{"POST /users", creates("INSERT INTO users DEFAULT VALUES")},
                 {"GET /users/{id}", read}},
      .variants = {{"PATCH /users/{id}", patch_faulty, patch_cured, patch_refusing}},
  };
}

}  // namespace patch_parts

namespace total {

constexpr auto add_line = "INSERT INTO lines (cart_id, price) VALUES (?, ?)";

/// The cart is loaded with its lines, the program adds one and sums up, and both are saved.
Answer add_faulty(Database& db, const Call& call) {
  const json::array lines = db.all("SELECT price FROM lines WHERE cart_id = ?", {call.id()});
  std::int64_t total = call.integer("price");
  for (const json::value& line : lines) total += line.at("price").as_int64();
  db.insert(add_line, {call.id(), call.integer("price")});
  db.change("UPDATE carts SET total = ? WHERE id = ?", {total, call.id()});
  return {.status = 201, .body = {{"price", call.integer("price")}}};
}

Answer add_cured(Database& db, const Call& call) {
  Transaction transaction(db);
  db.insert(add_line, {call.id(), call.integer("price")});
  db.change("UPDATE carts SET total = total + ? WHERE id = ?", {call.integer("price"), call.id()});
  transaction.commit();
  return {.status = 201, .body = {{"price", call.integer("price")}}};
}

Answer add_refusing(Database& db, const Call& call) {
  const Row cart = db.one("SELECT * FROM carts WHERE id = ?", {call.id()});
  Transaction transaction(db);
  if (db.change(
          "UPDATE carts SET total = ?, version = version + 1 WHERE id = ? AND version = ?",
          {cart.integer("total") + call.integer("price"), call.id(), cart.integer("version")}) == 0)
    return refuse(409, "the cart has changed, try again");
  db.insert(add_line, {call.id(), call.integer("price")});
  transaction.commit();
  return {.status = 201, .body = {{"price", call.integer("price")}}};
}

Pattern pattern() {
  return {
      .name = "total",
      .title = "A stored total is no longer the sum of its lines, though every answer was right",
      .cwe = "CWE-362",
      .window = "from loading the lines, past the insert of one more, to storing the sum",
      .cure = "total = total + price, in one transaction with the line",
      .refusal = "a version on the cart; 409, and no line, if it has moved",
      .schema =
          "CREATE TABLE carts (id INTEGER PRIMARY KEY, total INTEGER DEFAULT 0, version INTEGER "
          "DEFAULT 1);"
          "CREATE TABLE lines (id INTEGER PRIMARY KEY, cart_id INTEGER, price INTEGER);"
          "CREATE INDEX lines_of_cart ON lines (cart_id)",
      .routes = {{"POST /carts", creates("INSERT INTO carts DEFAULT VALUES")},
                 {"GET /carts/{id}", reads("SELECT id, total FROM carts WHERE id = ?")},
                 {"GET /carts/{id}/lines",
                  lists("SELECT price FROM lines WHERE cart_id = ? ORDER BY price")}},
      .variants = {{"POST /carts/{id}/lines", add_faulty, add_cured, add_refusing}},
  };
}

}  // namespace total

namespace delete_update {

/// What many an object-relational mapper calls save(): insert or update, whatever it takes.
Answer rename_faulty(Database& db, const Call& call) {
  const Row note = db.one("SELECT * FROM notes WHERE id = ?", {call.id()});
  db.change("INSERT OR REPLACE INTO notes (id, title, text, version) VALUES (?, ?, ?, ?)",
            {call.id(), call.text("title"), note.text("text"), note.integer("version") + 1});
  return ok({{"title", call.text("title")}});
}

Answer rename_cured(Database& db, const Call& call) {
  db.one("UPDATE notes SET title = ?, version = version + 1 WHERE id = ? RETURNING id",
         {call.text("title"), call.id()});
  return ok({{"title", call.text("title")}});
}

Answer rename_refusing(Database& db, const Call& call) {
  const Row note = db.one("SELECT * FROM notes WHERE id = ?", {call.id()});
  if (db.change("UPDATE notes SET title = ?, version = version + 1 WHERE id = ? AND version = ?",
                {call.text("title"), call.id(), note.integer("version")}) == 0)
    return refuse(409, "the note has changed");
  return ok({{"title", call.text("title")}});
}

Answer remove(Database& db, const Call& call) {
  if (db.change("DELETE FROM notes WHERE id = ?", {call.id()}) == 0) throw NoRow();
  return {.status = 204, .body = {}};
}

Pattern pattern() {
  return {
      .name = "delete-update",
      .title = "A note is deleted while it is renamed, and is there again",
      .cwe = "CWE-362",
      .window = "from reading the note to saving it, be it by an insert",
      .cure = "UPDATE, which finds nothing then: 404",
      .refusal = "a version as a condition of the UPDATE; 409 if no row has it any more",
      .schema =
          "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT, text TEXT, "
          "version "
          "INTEGER DEFAULT 1)",
      .routes = {{"POST /notes",
                  creates("INSERT INTO notes (title, text) VALUES (?, ?)", {"title", "text"})},
                 {"GET /notes/{id}", reads("SELECT * FROM notes WHERE id = ?")},
                 {"DELETE /notes/{id}", remove}},
      .variants = {{"PUT /notes/{id}/title", rename_faulty, rename_cured, rename_refusing}},
  };
}

}  // namespace delete_update

namespace file_move {

/// As in a file system: an entry is made in the new folder, and that in the old one removed.
Answer move_faulty(Database& db, const Call& call) {
  const Row entry = db.one("SELECT * FROM entries WHERE file_id = ?", {call.id()});
  db.insert("INSERT INTO entries (file_id, folder) VALUES (?, ?)",
            {call.id(), call.text("folder")});
  db.change("DELETE FROM entries WHERE id = ?", {entry.integer("id")});
  return ok({{"folder", call.text("folder")}});
}

Answer move_cured(Database& db, const Call& call) {
  if (db.change("UPDATE entries SET folder = ? WHERE file_id = ?",
                {call.text("folder"), call.id()}) == 0)
    throw NoRow();
  return ok({{"folder", call.text("folder")}});
}

Answer move_refusing(Database& db, const Call& call) {
  const Row entry = db.one("SELECT * FROM entries WHERE file_id = ?", {call.id()});
  Transaction transaction(db);
  if (db.change("DELETE FROM entries WHERE id = ?", {entry.integer("id")}) == 0)
    return refuse(409, "the file was moved meanwhile");
  db.insert("INSERT INTO entries (file_id, folder) VALUES (?, ?)",
            {call.id(), call.text("folder")});
  transaction.commit();
  return ok({{"folder", call.text("folder")}});
}

Answer create(Database& db, const Call& call) {
  Transaction transaction(db);
  const auto id = db.insert("INSERT INTO files (name) VALUES (?)", {call.text("name")});
  db.insert("INSERT INTO entries (file_id, folder) VALUES (?, 'inbox')", {id});
  transaction.commit();
  return created(id);
}

Pattern pattern() {
  return {
      .name = "file-move",
      .title = "A file is moved to two folders, and is in both",
      .cwe = "CWE-362",
      .window = "from finding its entry, past the insert of the new one, to deleting that entry",
      .cure = "the entry stays and its folder changes, by one UPDATE",
      .refusal = "the entry that was read is deleted first; 409 if it is gone",
      .schema =
          "CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT);"
          "CREATE TABLE entries (id INTEGER PRIMARY KEY AUTOINCREMENT, file_id INTEGER, "
          "folder TEXT);"
          "CREATE INDEX entries_of_file ON entries (file_id)",
      .routes = {{"POST /files", create},
                 {"GET /files/{id}/folders",
                  lists("SELECT folder FROM entries WHERE file_id = ? ORDER BY folder")}},
      .variants = {{"POST /files/{id}/move", move_faulty, move_cured, move_refusing}},
  };
}

}  // namespace file_move

namespace likes {

Answer like_faulty(Database& db, const Call& call) {
  const auto likes = db.one("SELECT likes FROM posts WHERE id = ?", {call.id()}).integer("likes");
  db.change("UPDATE posts SET likes = ? WHERE id = ?", {likes + 1, call.id()});
  return ok({{"liked", true}});
}

Answer like_cured(Database& db, const Call& call) {
  if (db.change("UPDATE posts SET likes = likes + 1 WHERE id = ?", {call.id()}) == 0) throw NoRow();
  return ok({{"liked", true}});
}

Answer like_refusing(Database& db, const Call& call) {
  const auto likes = db.one("SELECT likes FROM posts WHERE id = ?", {call.id()}).integer("likes");
  if (db.change("UPDATE posts SET likes = ? WHERE id = ? AND likes = ?",
                {likes + 1, call.id(), likes}) == 0)
    return refuse(503, "too many at once, try again");
  return ok({{"liked", true}});
}

Pattern pattern() {
  return {
      .name = "likes",
      .title = "A like is lost",
      .cwe = "CWE-362",
      .window = "from reading the number to writing one more",
      .cure = "the database adds: likes = likes + 1",
      .refusal = "the UPDATE names the number that was read; 503 if it has moved",
      .schema = "CREATE TABLE posts (id INTEGER PRIMARY KEY, likes INTEGER DEFAULT 0)",
      .routes = {{"POST /posts", creates("INSERT INTO posts DEFAULT VALUES")},
                 {"GET /posts/{id}", reads("SELECT * FROM posts WHERE id = ?")}},
      .variants = {{"POST /posts/{id}/like", like_faulty, like_cured, like_refusing}},
  };
}

}  // namespace likes

}  // namespace

std::vector<Pattern> documents() {
  return {put_document::pattern(),  patch_parts::pattern(), total::pattern(),
          delete_update::pattern(), file_move::pattern(),   likes::pattern()};
}

}  // namespace lab
