// Reads CloudFormation templates with aws-cdk-lib and holds them against AWS's own rules, offline.
//
//   node include_template.mjs OUTDIR TEMPLATE...
//
// Prints one JSON object: for each template what was found, as {rule, severity, text}; a text
// begins with the name of the resource where that is known. CfnInclude checks the types of values,
// and that references lead somewhere; after synthesis, the rules that come with aws-cdk-lib look at
// the result. Without the context key below, their errors would be warnings.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App, LegacyStackSynthesizer, Stack } from "aws-cdk-lib";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";

const CONTEXT = { "@aws-cdk/core:validateAgainstDefaultRules": true };

// A construct's path is Sparkify/Template/RESOURCE; what is no resource's fault is the stack's.
function resourcesOf(violation) {
  return violation.violatingConstructs
    .map(({ constructPath }) => constructPath?.split("/")[2])
    .filter((name) => name !== undefined)
    .map((name) => name + ": ")
    .join("");
}

function reportIn(outdir) {
  const report = JSON.parse(readFileSync(join(outdir, "validation-report.json"), "utf8"));
  return report.pluginReports.flatMap((plugin) =>
    plugin.violations.map((violation) => ({
      rule: violation.ruleName,
      severity: violation.severity,
      text: resourcesOf(violation) + violation.description,
    })),
  );
}

function check(templateFile, outdir) {
  const app = new App({ outdir, context: CONTEXT, analyticsReporting: false, treeMetadata: false });
  const stack = new Stack(app, "Sparkify", { synthesizer: new LegacyStackSynthesizer() });
  try {
    new CfnInclude(stack, "Template", { templateFile });
    app.synth();
  } catch (error) {
    // With a report, the report says it better.
    if (!String(error.message).includes("validation-report.json")) {
      return [{ rule: "CfnInclude", severity: "error", text: error.message }];
    }
  }
  return reportIn(outdir);
}

const [outdir, ...templates] = process.argv.slice(2);
const findings = templates.map((file, at) => [file, check(file, join(outdir, String(at)))]);
process.stdout.write(JSON.stringify(Object.fromEntries(findings), null, 2) + "\n");
