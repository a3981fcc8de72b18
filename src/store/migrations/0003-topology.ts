import type { Migration } from "../migration.ts";

/** Submitted requests for topology and what they were answered with. A Sluice that does not know of them needs neither. */
export const topology: Migration = {
  number: 3,
  name: "topology",
  breaking: false,
  statements: ({ integer, text, tableEnd }) => [
    `create table topology_state (
      id ${integer} primary key check (id = 1),
      last ${integer} not null
    )${tableEnd}`,
    "insert into topology_state (id, last) values (1, 0)",
    `create table topology_request (
      number ${integer} primary key,
      id ${text} not null,
      provider ${text} not null,
      engine ${text} not null,
      nodes ${integer} not null,
      holder ${text} not null,
      state ${text} not null,
      attempts ${integer} not null,
      status ${integer},
      reason ${text},
      created_ms ${integer} not null,
      started_ms ${integer},
      next_attempt_ms ${integer},
      ended_ms ${integer}
    )${tableEnd}`,
    "create index topology_request_id on topology_request (id, number)",
    `create table topology_answer (
      number ${integer} primary key references topology_request (number) on delete cascade,
      body ${text} not null
    )${tableEnd}`,
  ],
};
