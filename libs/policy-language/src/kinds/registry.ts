import type { z } from 'zod';
import { Boundary } from './boundary.kind.js';
import { KeyPolicy } from './key-policy.kind.js';
import { Limits } from './limits.kind.js';
import { McpServer } from './mcp-server.kind.js';
import { Model } from './model.kind.js';
import { Prompt } from './prompt.kind.js';
import { ProviderAccount } from './provider-account.kind.js';
import { RoleBinding } from './role-binding.kind.js';
import { Role } from './role.kind.js';
import { Route } from './route.kind.js';
import { TenantSettings } from './tenant-settings.kind.js';

/** Every kind of document. A new one is a file beside this and a line here. */
export const kinds = {
  ProviderAccount,
  Model,
  Role,
  RoleBinding,
  Boundary,
  Limits,
  Route,
  KeyPolicy,
  Prompt,
  McpServer,
  TenantSettings,
} as const;

/** The name of a kind. */
export type Kind = keyof typeof kinds;

/** A document of one kind. */
export type DocumentOf<K extends Kind> = z.output<(typeof kinds)[K]['schema']>;

/** A document of any kind; `kind` tells which. */
export type PolicyDocument = { [K in Kind]: DocumentOf<K> }[Kind];

/** All kinds, in the order of their declaration. */
export const kindNames = Object.keys(kinds) as readonly Kind[];

/** Whether `text` names a kind. */
export const isKind = (text: unknown): text is Kind => typeof text === 'string' && Object.hasOwn(kinds, text);
