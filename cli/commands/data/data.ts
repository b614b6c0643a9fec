import { Command } from 'commander';
import { checkCommand } from './check.js';
import { curateCommand } from './curate.js';
import { exportDataCommand } from './export.js';
import { importCommand } from './import.js';
import { lookCommand } from './look.js';
import { reviewCommand } from './review.js';
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
    .addCommand(checkCommand())
    .addCommand(curateCommand())
    .addCommand(reviewCommand())
    .addCommand(exportDataCommand());
}
