import { Controller, Get, Inject } from '@nestjs/common';
import type { InstallationWire } from '#contract';
import { type Principal, Who } from '../http/access.js';
import { problem } from '../http/problem-error.js';
import { INSTALLATION } from '../tokens.js';
import type { InstallationReads } from './installation-reads.js';

/** How the installation fares: partitions with their owners, hook classes with what is open. */
@Controller('v1/installation')
export class InstallationController {
  constructor(@Inject(INSTALLATION) private readonly installation: InstallationReads) {}

  @Get()
  async read(@Who() { namespaces }: Principal): Promise<InstallationWire> {
    // its figures are of all timers together
    if (namespaces !== 'all') throw problem('forbidden', 'this tells of every namespace; yours are some');
    return this.installation.read();
  }
}
