import { changeRun } from '../processes/master-client.ts';
import { LonghaulError } from '../runtime/errors.ts';
import { type CommandSpec, exitStatus } from './command.ts';
import { printLine } from './terminal.ts';
import { neededRun } from './run-number.ts';

const told = {
  cancel: 'the master ends it; nothing of it will be published',
  retry: 'the master tries its file once more',
} as const;

export const runsCommand: CommandSpec = {
  name: 'runs',
  args: '<what> <run>',
  summary: 'cancel a run, or have one that has failed tried once more',
  description: `Tells a running master what to do with one of its runs:
  cancel <run>    end it, wherever its chunks are being staged; nothing of it is published
  retry <run>     try the file of a run that has failed or was cancelled once more, as it is now
"longhaul show runs" lists them, with what was wrong with those that have failed.`,
  examples: [
    ['longhaul runs retry 7', 'once what it failed of is mended'],
    ['longhaul runs cancel 8 --master http://master.example:5000', 'of a master elsewhere'],
  ],
  options: ['master', 'token'],
  async run([what = '', number = ''], given, { terminal }) {
    if (!Object.hasOwn(told, what)) {
      const expected = `it must be one of ${Object.keys(told).join(', ')}`;
      throw LonghaulError.of('bad_option', { option: 'runs', value: what, expected });
    }
    const change = what as keyof typeof told;
    const run = neededRun(number);
    const master = { url: given.value('master'), token: given.value('token') };
    const found = await changeRun(master, change, run);
    const { stdout } = terminal;
    if (given.has('json')) printLine(stdout, JSON.stringify({ run: found, done: change }));
    else printLine(stdout, `run ${run}: ${told[change]}`);
    return exitStatus.done;
  },
};
