/** A process of its own that brings a file of a source here: `read-process.ts <url> <file> <spool folder>`; prints its version. */
import { TestClient } from './test-client.ts';

const [url = '', name = '', folder = ''] = process.argv.slice(2);
await using client = await TestClient.open({ url }, folder);
await using read = await client.read(await client.until(name));
console.log(await read.file.version(new AbortController().signal));
