import type { ArrayJob } from "../array-job.ts";
import type { Job } from "../job.ts";

/** Values without parts in which a job could stand. */
type Whole =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | RegExp
  | URL
  | Error
  | ArrayBuffer
  | ArrayBufferView
  | ((...args: never[]) => unknown);

/** `T` itself, with jobs for values in its parts. */
type WithJobs<T> = T extends Whole
  ? T
  : T extends ReadonlyMap<infer Key, infer Value>
    ? ReadonlyMap<Sent<Key>, Sent<Value>>
    : T extends ReadonlySet<infer Value>
      ? ReadonlySet<Sent<Value>>
      : { [Part in keyof T]: Sent<T[Part]> };

/** The job of an array stands for the list of its values, whose length no type knows. */
type ListJob<T> = T extends readonly (infer Value)[] ? (number extends T["length"] ? ArrayJob<Value> : never) : never;

/**
 * An argument as it may be given where a task is submitted: a value, or a job of such a value, or anything that has such jobs
 * within, however deep. The task gets values alone, and runs when all of those jobs have ended well.
 */
export type Sent<T> = unknown extends T ? T : WithJobs<T> | ListJob<T> | Job<T>;

/** All arguments of a task as they may be given. */
export type SentArguments<Args extends readonly unknown[]> = { [Index in keyof Args]: Sent<Args[Index]> };

/**
 * One item of `map`: the argument of a task that takes one, as it is, unless that may be an array; else all arguments, as an
 * array. So an array among the items is always a list of arguments.
 */
export type MapItem<Args extends readonly unknown[]> = SentArguments<Args> | OnlyArgument<Args>;

type OnlyArgument<Args extends readonly unknown[]> = Args extends readonly [(infer First)?, ...infer Others]
  ? [] extends Others
    ? unknown extends First
      ? never
      : Extract<First, readonly unknown[]> extends never
        ? Sent<First>
        : never
    : never
  : never;

/** What `partial` may be given: some arguments from the first on. */
export type LeadingArguments<Args extends readonly unknown[]> = number extends Args["length"]
  ? Args extends readonly [infer First, ...infer Others]
    ? [] | [Sent<First>, ...LeadingArguments<Others>]
    : SentArguments<Args>
  : Args extends readonly []
    ? []
    : Args extends readonly [(infer First)?, ...infer Others]
      ? [] | [Sent<First>, ...LeadingArguments<Others>]
      : [];

/** The arguments that are left when so many have been given. */
export type RemainingArguments<
  Args extends readonly unknown[],
  Given extends readonly unknown[],
> = Given extends readonly [unknown, ...infer Further]
  ? Args extends readonly [unknown?, ...infer Others]
    ? RemainingArguments<Others, Further>
    : []
  : Args;
