// Node's eventsource package: prints "open" for each connection, then each message as "<event> <data>", a line each.
import { EventSource } from 'eventsource';

const source = new EventSource(process.argv[2]);
source.onopen = () => console.log('open');
for (const name of ['message', 'resumed', 'skipped']) {
  source.addEventListener(name, ({ data }) => console.log(`${name} ${data}`));
}
