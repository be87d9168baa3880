"""The schemas of schema/ are schemas, and every scenario of this repository fits its own; what is not one does not.

That what deadheat writes fits the others, the end-to-end tests see: tool.py looks at every run.json.
"""
import pathlib
import unittest

import schema

ROOT = pathlib.Path(__file__).resolve().parents[2]
TWO = "target: http://h:1\nrace: {a: GET /a, b: GET /b}\n"


class Schemas(unittest.TestCase):
    def test_each_is_one_and_says_what_it_describes(self):
        files = sorted(schema.FOLDER.glob("*.schema.json"))
        self.assertEqual([file.name.split(".")[0] for file in files], ["doctor", "journal", "run", "scenario"])
        for file in files:
            with self.subTest(file=file.name):
                root = schema.Schema(file.name.removesuffix(".schema.json")).root
                self.assertTrue(root["title"] and root["description"])
                for struct in schema.structs(root):
                    self.assertLessEqual(set(struct.get("required", [])), set(struct["properties"]))

    def test_what_is_none_is_refused(self):
        run = schema.Schema("run")
        self.assertIn("'verdict' is a required property", str(run.problems({"version": 1})))
        self.assertIn("'verdit' was unexpected", str(run.problems({"verdit": "race"})))
        self.assertTrue(run.problems([]))
        self.assertTrue(schema.Schema("journal").problems({"kind": "beginning"}))


class Scenarios(unittest.TestCase):
    schema = schema.Schema("scenario")

    def problems(self, text):
        return self.schema.problems(schema.scenario(text))

    def test_all_that_are_shipped_fit(self):
        for folder, least in (("scenarios", 6), ("test/lab", 40), ("test/e2e", 1), ("bench", 1)):
            files = sorted((ROOT / folder).rglob("*.yaml"))
            self.assertGreaterEqual(len(files), least, folder)
            for file in files:
                with self.subTest(file=str(file.relative_to(ROOT))):
                    self.assertEqual(self.problems(file.read_text()), [])

    def test_what_deadheat_refuses_does_not_fit(self):
        self.assertEqual(self.problems(TWO), [])
        for wrong in ("target: http://h:1\n",                    # nothing to race
                      TWO + "obsrve: {x: GET /x}",               # a typo
                      TWO + "run: {atempts: 3}",
                      TWO + "run: {attempts: 0}",
                      TWO + "run: {attempts: 1.5}",
                      TWO + "run: {sync: fast}",
                      TWO + "run: {http: 3}",
                      TWO + "run: {connections: one}",
                      TWO + "run: {offsets: yes}",
                      TWO + "run: {seed: -1}",
                      TWO + "tls: {verify: no}",
                      TWO + "rules: {r: 3}",
                      TWO + "observe: GET /x",
                      "target: http://h:1\nrace: {a: {json: {}}, b: GET /b}\n"):
            with self.subTest(scenario=wrong.removeprefix(TWO)):
                self.assertNotEqual(self.problems(wrong), [])

    def test_scalars_are_those_of_yaml_1_2(self):
        self.assertEqual(schema.scenario("[yes, on, 2024-01-02, 1_000, 12:30, '1', \"true\", ~, null, 0x10, 10, -3, 1.5, 1e3, .5, true]"),
                         ["yes", "on", "2024-01-02", "1_000", "12:30", "1", "true", None, None, 16, 10, -3, 1.5, 1000.0, 0.5, True])


if __name__ == "__main__":
    unittest.main()
