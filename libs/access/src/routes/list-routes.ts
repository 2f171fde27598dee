import { isConditional } from '#libs/http';
import { RequestMethod, type INestApplicationContext } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { PUBLIC, REQUIRES } from '../admin/decorators.js';

/** One route of a Nest application, as its controller declares it. */
export type Route = {
  /** `GET`, `POST`…; `ALL` where the handler takes every one. */
  readonly method: string;
  /** With a slash in front, parameters as `:name`. */
  readonly path: string;
  readonly controller: string;
  readonly handler: string;
  /** Of `@Requires`; empty where nothing is declared. */
  readonly actions: readonly string[];
  readonly isPublic: boolean;
  /** Takes `If-Match`. */
  readonly isConditional: boolean;
  /** The class and the method, for what other decorators left on them. */
  readonly type: ControllerType;
  readonly declaration: object;
};
type ControllerType = new (...args: never[]) => object;
type Handler = (...args: unknown[]) => unknown;

/** Every route of every controller of the application. */
export function listRoutes(app: INestApplicationContext): Route[] {
  return routesIn(app.get(ModulesContainer));
}

/** The same, from inside of the application. */
export function routesIn(modules: ModulesContainer): Route[] {
  const controllers = [...modules.values()].flatMap((module) => [...module.controllers.values()]);
  const classes = new Set(controllers.map(({ metatype }) => metatype).filter((type) => typeof type === 'function'));
  return [...classes].flatMap((type) => routesOf(type as ControllerType));
}

function routesOf(type: ControllerType): Route[] {
  const prototype = type.prototype as Record<string, Handler>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    const method = handler && (Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined);
    if (!handler || method === undefined) return [];
    const declared = <Value>(key: string) =>
      (Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, type)) as Value | undefined;
    const paths = pathsOf(type).flatMap((prefix) => pathsOf(handler).map((path) => joined(prefix, path)));
    return paths.map((path) => ({
      method: RequestMethod[method] ?? 'ALL',
      path,
      controller: type.name,
      handler: name,
      actions: declared<readonly string[]>(REQUIRES) ?? [],
      isPublic: declared<boolean>(PUBLIC) === true,
      isConditional: isConditional(handler),
      type,
      declaration: handler,
    }));
  });
}

function pathsOf(target: object): string[] {
  return [Reflect.getMetadata(PATH_METADATA, target) as string | string[] | undefined].flat().map((path) => path ?? '');
}

function joined(prefix: string, path: string): string {
  return `/${[prefix, path]
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;
}
