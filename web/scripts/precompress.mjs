// Writes FILE.gz beside every file of a build that is worth it, for servers that send precompressed files.
//
// Usage: node precompress.mjs DIRECTORY
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const kCompressible = /\.(html|js|css|svg|json|txt|map)$/;
const kSavedBytesMin = 64; // below this a second file is not worth its inode

const directory = process.argv[2];
if (!directory) {
  console.error('usage: precompress.mjs DIRECTORY');
  process.exit(2);
}
for (const name of readdirSync(directory, { recursive: true })) {
  if (!kCompressible.test(name)) continue;
  const path = join(directory, name);
  const plain = readFileSync(path);
  const packed = gzipSync(plain, { level: 9 });
  if (packed.length + kSavedBytesMin < plain.length) writeFileSync(`${path}.gz`, packed);
  else rmSync(`${path}.gz`, { force: true });
}
