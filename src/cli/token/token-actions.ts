import { userInfo } from "node:os";
import { SluiceError } from "../../errors.ts";
import { mintToken } from "../../gateway/auth/bearer-token.ts";
import { parseInput } from "../../gateway/parse-input.ts";
import { systemClock } from "../../jobs/clock.ts";
import { ApiToken, TokenScope } from "../../schema/api-token.ts";
import { parseDuration } from "../../slurm/values/duration.ts";
import type { Context } from "../command.ts";
import { openJobStore } from "../jobs/open-engine.ts";
import { plain, timeText } from "../jobs/job-text.ts";
import { fittedTable, widthOf } from "../table.ts";
import type { TokenOptions } from "./token.ts";

/** `sluice token create`. */
export async function createToken(context: Context, options: TokenOptions): Promise<void> {
  const { io } = context;
  const scope = parseInput(TokenScope, options.scope, "--scope");
  const expiresInMs = options.expires === undefined ? undefined : toMilliseconds(options.expires);
  const { secret, token } = mintToken({
    scope,
    subject: parseInput(ApiToken.shape.subject, options.subject ?? userInfo().username, "--subject"),
    label: options.label ?? "",
    now: systemClock.now(),
    ...(expiresInMs !== undefined && { expiresInMs }),
  });
  await using store = await openJobStore(await context.config(), options.store);
  await store.addToken(token);
  if (options.json === true) io.out(`${JSON.stringify({ token: secret, ...shown(token) }, undefined, 2)}\n`);
  else io.out(`${secret}\n`);
  io.err(`sluice: token ${token.id} of scope ${token.scope} for ${token.subject}; it is shown this once\n`);
}

/** `sluice token list`. */
export async function listTokens(context: Context, options: TokenOptions): Promise<void> {
  await using store = await openJobStore(await context.config(), options.store);
  const tokens = await store.tokens();
  if (options.json === true) {
    return context.io.out(`${JSON.stringify({ tokens: tokens.map((token) => shown(token)) }, undefined, 2)}\n`);
  }
  context.io.out(
    fittedTable(
      ["ID", "SCOPE", "SUBJECT", "LABEL", "CREATED", "EXPIRES", "REVOKED"],
      tokens.map(({ id, scope, subject, label, createdAt, expiresAt, revokedAt }) => [
        id,
        scope,
        plain(subject),
        plain(label),
        timeText(createdAt),
        timeText(expiresAt),
        timeText(revokedAt),
      ]),
      { columns: widthOf(context.io), spare: ["CREATED", "LABEL", "EXPIRES"] },
    ),
  );
}

/** `sluice token revoke`. */
export async function revokeToken(context: Context, id: string, options: TokenOptions): Promise<void> {
  await using store = await openJobStore(await context.config(), options.store);
  const token = await store.revokeToken(id);
  if (token === undefined) {
    throw new SluiceError("INPUT_INVALID", `there is no token ${JSON.stringify(id)}; sluice token list shows them`, {
      details: { field: "id" },
    });
  }
  context.io.out(
    options.json === true ? `${JSON.stringify(shown(token), undefined, 2)}\n` : `${token.id} is revoked\n`,
  );
}

/** All but the hash. */
function shown({ hash: _hash, ...token }: ApiToken): Omit<ApiToken, "hash"> {
  return token;
}

function toMilliseconds(text: string): number | undefined {
  const duration = parseDuration(text);
  return duration === "unlimited" ? undefined : duration * 1000;
}
