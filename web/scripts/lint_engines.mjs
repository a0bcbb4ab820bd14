// Refuses dependencies that the oldest supported platform (Debian 12: Node 18.20, npm 9) cannot run or install.
//
// Checks package.json (exact versions only) and package-lock.json (every package's `engines`, transitive ones
// included, lockfile format that npm 9 reads, integrity everywhere, and no registry's host name).
import { readFileSync } from 'node:fs';
import semver from 'semver';

const kOldest = { node: '18.20.4', npm: '9.2.0' };

const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));
const manifest = read('package.json');
const lock = read('package-lock.json');
const problems = [];

for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
  if (!semver.valid(version)) problems.push(`package.json: ${name} "${version}" is not one exact version`);
}
if (![2, 3].includes(lock.lockfileVersion)) {
  problems.push(`package-lock.json: lockfileVersion ${lock.lockfileVersion} is not one that npm 9 reads (2 or 3)`);
}
for (const [path, entry] of Object.entries(lock.packages)) {
  const name = path.replace(/^.*node_modules\//, '') || manifest.name;
  for (const engine of Object.keys(kOldest)) {
    const range = entry.engines?.[engine];
    if (range && !semver.satisfies(kOldest[engine], range)) {
      problems.push(`${name}@${entry.version} needs ${engine} ${range}; ${kOldest[engine]} must do`);
    }
  }
  if (path !== '' && !entry.integrity) problems.push(`${name}: no integrity in package-lock.json`);
  if (entry.resolved) problems.push(`${name}: "resolved" names a registry; keep omit-lockfile-registry-resolved=true`);
}

for (const problem of problems) console.error(problem);
console.log(`${Object.keys(lock.packages).length} packages checked against Node ${kOldest.node}, npm ${kOldest.npm}`);
process.exit(problems.length === 0 ? 0 : 1);
