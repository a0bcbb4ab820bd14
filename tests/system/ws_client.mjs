// Node's ws package as a line filter: a line on stdin is sent, what is received is printed as one line.
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const socket = new WebSocket(process.argv[2]);
socket.on('message', (data) => process.stdout.write(`${data}\n`));
socket.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
socket.on('close', (code) => process.exit(code === 1000 ? 0 : 1));
socket.on('open', () => {
  createInterface({ input: process.stdin }).on('line', (line) => socket.send(line));
});
