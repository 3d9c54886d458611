import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import { asyncApiDocument, messageJsonSchema, messageSchemas } from '#contract';
import { Public } from '../http/access.js';
import { problem } from '../http/problem-error.js';
import { OPENAPI } from '../tokens.js';

/** What this process understands, for programs; `/docs` is the page for people. */
@Controller()
@Public()
export class DocsController {
  constructor(@Inject(OPENAPI) private readonly openApi: object) {}

  @Get('openapi.json')
  openapi(): object {
    return this.openApi;
  }

  @Get('asyncapi.json')
  asyncapi(): object {
    return asyncApiDocument();
  }

  @Get('schemas/:name')
  @Header('content-type', 'application/schema+json')
  schema(@Param('name') name: string): object {
    const schema = messageJsonSchema(name.replace(/\.json$/, ''));
    if (schema !== null) return schema;
    throw problem(
      'not-found',
      `there is no message of this name, but ${[...messageSchemas.keys()].join(', ')}`,
    );
  }
}
