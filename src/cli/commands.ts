import { clearCommand } from './clear.ts';
import { demoCommand } from './demo.ts';
import { generateCommand } from './generate.ts';
import { importCommand } from './import.ts';
import { initCommand } from './init.ts';
import { masterCommand } from './master.ts';
import { runsCommand } from './runs.ts';
import { showCommand } from './show.ts';
import { sourceCommand } from './source.ts';
import { sourcesCommand } from './sources.ts';
import { startCommand } from './start.ts';
import { updateCommand } from './update.ts';
import { verifyCommand } from './verify.ts';
import { workerCommand } from './worker.ts';
import type { CommandSpec } from './command.ts';

/** All commands, in the order in which help and documents list them. */
export const commands: readonly CommandSpec[] = [
  importCommand,
  showCommand,
  verifyCommand,
  initCommand,
  updateCommand,
  clearCommand,
  sourceCommand,
  masterCommand,
  workerCommand,
  sourcesCommand,
  runsCommand,
  startCommand,
  generateCommand,
  demoCommand,
];
