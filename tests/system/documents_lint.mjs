// Lints an OpenAPI document with Redocly and an AsyncAPI document with AsyncAPI's own parser.
//
//   node documents_lint.mjs openapi.json [openapi.json ...] asyncapi.json
//
// Prints each problem; ends with 1 if there are errors or warnings.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { createConfig, lint } = require('@redocly/openapi-core');
const { Parser } = require('@asyncapi/parser');

const files = process.argv.slice(2);
const problems = [];

// Redocly's recommended rules but these: the server is the one that was asked; what anybody may ask has no 4xx of its own;
// a part is taken whole, though a listener may have some of its routes only.
const config = await createConfig({
  extends: ['recommended'],
  rules: { 'no-empty-servers': 'off', 'operation-4xx-response': 'off', 'no-unused-components': 'off' },
});
for (const file of files.slice(0, -1)) {
  for (const { severity, ruleId, message, location } of await lint({ ref: file, config })) {
    problems.push(`${file}: ${severity} ${ruleId}: ${message} at ${location.map(({ pointer }) => pointer)}`);
  }
}

const asyncapi = files.at(-1);
const { document, diagnostics } = await new Parser().parse(readFileSync(asyncapi, 'utf8'));
for (const { severity, code, message, path } of diagnostics) {
  const informational = severity > 1; // such as "there is a newer version of AsyncAPI"
  if (!informational) problems.push(`${asyncapi}: ${code}: ${message} at ${path.join('/')}`);
}
if (!document) problems.push(`${asyncapi}: not parsed`);

for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
