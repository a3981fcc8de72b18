import type { Migration } from "../migration.ts";

/** Jobs, their tasks and events, idempotency keys, leases and tokens. */
export const jobs: Migration = {
  number: 1,
  name: "jobs",
  breaking: true,
  statements: ({ integer, text, tableEnd }) => {
    const sighted = `
      state ${text} not null,
      raw_state ${text},
      reason ${text},
      exit_status ${integer},
      exit_signal ${integer},
      nodes ${text},
      "partition" ${text},
      stdout_path ${text},
      stderr_path ${text},
      submitted_ms ${integer},
      started_ms ${integer},
      ended_ms ${integer},
      updated_ms ${integer} not null,
      restarts ${integer} not null`;
    return [
      `create table job (
        position ${integer} primary key,
        id ${text} not null unique,
        cluster ${text} not null,
        owner ${text} not null,
        name ${text} not null,
        labels ${text} not null,
        freshness ${text} not null,
        native_id ${text},
        directory ${text},
        tasks ${text},
        accepted_ms ${integer} not null,
        error_code ${text},
        error_message ${text},
        cancel_requested ${integer} not null,
        version ${integer} not null,${sighted}
      )${tableEnd}`,
      "create index job_state on job (state, cluster, position)",
      "create index job_cluster on job (cluster, position)",
      "create index job_owner on job (owner, position)",
      "create index job_name on job (name, position)",
      "create index job_accepted on job (accepted_ms)",
      "create index job_native on job (cluster, native_id) where native_id is not null",
      `create table submission (
        position ${integer} primary key references job (position) on delete cascade,
        body ${text} not null
      )${tableEnd}`,
      `create table label (
        position ${integer} not null references job (position) on delete cascade,
        name ${text} not null,
        value ${text} not null,
        primary key (position, name)
      )${tableEnd}`,
      "create index label_value on label (name, value, position)",
      `create table task (
        position ${integer} not null references job (position) on delete cascade,
        native_id ${text} not null,
        number ${integer} not null,${sighted},
        primary key (position, native_id)
      )${tableEnd}`,
      `create table event (
        seq ${integer} primary key,
        at_ms ${integer} not null,
        job_id ${text} not null,
        cluster ${text} not null,
        owner ${text} not null,
        type ${text} not null,
        data ${text} not null
      )${tableEnd}`,
      "create index event_job on event (job_id, seq)",
      `create table event_state (
        id ${integer} primary key check (id = 1),
        last ${integer} not null,
        pruned_to ${integer} not null
      )${tableEnd}`,
      "insert into event_state (id, last, pruned_to) values (1, 0, 0)",
      `create table idempotency (
        key ${text} not null,
        owner ${text} not null,
        hash ${text} not null,
        position ${integer} not null references job (position),
        created_ms ${integer} not null,
        primary key (key, owner)
      )${tableEnd}`,
      "create index idempotency_job on idempotency (position)",
      "create index idempotency_created on idempotency (created_ms)",
      `create table lease (
        cluster ${text} primary key,
        holder ${text} not null,
        fence ${integer} not null,
        expires_ms ${integer} not null
      )${tableEnd}`,
      `create table token (
        id ${text} primary key,
        hash ${text} not null unique,
        scope ${text} not null,
        subject ${text} not null,
        label ${text} not null,
        created_ms ${integer} not null,
        expires_ms ${integer},
        revoked_ms ${integer}
      )${tableEnd}`,
    ];
  },
};
