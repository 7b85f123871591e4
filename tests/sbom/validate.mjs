// Holds an SBOM (stdin, JSON) against CycloneDX's own schema of version 1.5, strictly: unknown
// properties, licences and forms of references are errors. Prints them and exits 1.
import { readFileSync } from "node:fs";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot5);
const errors = await validator.validate(readFileSync(0, "utf8"));
if (errors !== null) {
  console.error(JSON.stringify(errors, null, 1));
  process.exitCode = 1;
}
