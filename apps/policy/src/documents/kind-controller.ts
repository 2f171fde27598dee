import { CallerParam, Requires, type Caller } from '#libs/access';
import { IfMatch, pageQuery } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { kinds, type Kind } from '#libs/policy-language';
import { Body, Controller, Delete, Get, Param, Put, Query, type Type } from '@nestjs/common';
import { z } from 'zod';
import { applyActionsOf } from '../apply/applying.js';
import { KindDocuments } from './kind-documents.js';
import { readActions } from './read-actions.js';
import { appliedAnswers } from '../apply/apply-answers.js';
import { ShownDocument } from './document-answers.js';

const tenant = z.string().min(1).max(63).optional();
const ListQuery = z.strictObject({ ...pageQuery, tenant });
type ListQuery = z.output<typeof ListQuery>;
const OneQuery = z.strictObject({ tenant });
type OneQuery = z.output<typeof OneQuery>;
/** The document without its envelope: what it is called and whose it is, the path and the credential say. */
const PutBody = z.strictObject({
  tags: z.record(z.string(), z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  spec: z.record(z.string(), z.unknown()),
});
type PutBody = z.output<typeof PutBody>;

type Path = { name: string; account?: string };
const nameOf = ({ account, name }: Path) => (account === undefined ? name : `${account}/${name}`);

/** Routes of one kind's documents. A model is named `<account>/<model>`, so its name takes two segments of the path. */
export function kindController(kind: Kind): Type<unknown> {
  const { plural } = kinds[kind];
  const one = kind === 'Model' ? ':account/:name' : ':name';

  @Controller(`v1/${plural}`)
  class KindController {
    constructor(readonly documents: KindDocuments) {}

    @Get()
    @Requires(readActions[kind])
    @Answers(`Lists documents of kind ${kind}.`, { 200: listOf(ShownDocument) })
    list(@CallerParam() caller: Caller, @Query({ schema: ListQuery }) query: ListQuery) {
      return this.documents.list(caller, kind, query);
    }

    @Get(one)
    @Requires(readActions[kind])
    @Answers(`Shows a ${kind}.`, { 200: ShownDocument })
    get(@CallerParam() caller: Caller, @Param() path: Path, @Query({ schema: OneQuery }) query: OneQuery) {
      return this.documents.get(caller, { kind, name: nameOf(path), ...query });
    }

    @Put(one)
    @Requires(...applyActionsOf(kind))
    @Answers(`Sets a ${kind}.`, appliedAnswers, { problems: [422] })
    put(
      @CallerParam() caller: Caller,
      @Param() path: Path,
      @Query({ schema: OneQuery }) query: OneQuery,
      @IfMatch() expected: number | undefined,
      @Body({ schema: PutBody }) body: PutBody,
    ) {
      return this.documents.put(caller, { kind, name: nameOf(path), ...query }, expected, body);
    }

    @Delete(one)
    @Requires(...applyActionsOf(kind))
    @Answers(`Deletes a ${kind}.`, appliedAnswers, { problems: [422] })
    delete(
      @CallerParam() caller: Caller,
      @Param() path: Path,
      @Query({ schema: OneQuery }) query: OneQuery,
      @IfMatch() expected: number | undefined,
    ) {
      return this.documents.delete(caller, { kind, name: nameOf(path), ...query }, expected);
    }
  }
  Object.defineProperty(KindController, 'name', { value: `${kind}Controller` });
  return KindController;
}
