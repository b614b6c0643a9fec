import { Command } from 'commander';
import { curateCommand } from './curate.js';
import { importCommand } from './import.js';
import { lookCommand } from './look.js';
import { townCommand } from './town.js';
import { worldCommand } from './world.js';

export function dataCommand(): Command {
  return new Command('data')
    .summary('make data')
    .description('Makes data that policies learn from and are asked about.')
    .addCommand(worldCommand())
    .addCommand(townCommand())
    .addCommand(lookCommand())
    .addCommand(importCommand())
    .addCommand(curateCommand());
}
