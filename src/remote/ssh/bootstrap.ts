import { quote, quoteAll } from "../../schema/quote.ts";
import { agentText } from "./agent.ts";

/** What the start of the agent and Sluice agree on before there are frames. */
export interface Bootstrap {
  /** One line for a POSIX shell that reads its commands from standard input. */
  readonly line: string;
  /** Printed on a line of its own when `agentText` may follow; all before it is banners. */
  readonly ready: string;
  /** Printed instead where there is no Perl. */
  readonly missing: string;
}

/**
 * The start of the agent. The shell must not read past this line, and some shells read ahead, so nothing follows it until
 * the agent has answered. `token` is random text of letters and digits, so that no banner can stand for the answer.
 * After `silenceMs` without a word the agent gives up.
 */
export function bootstrap(token: string, silenceMs: number): Bootstrap {
  const [ready, missing] = [`${token} ready`, `${token} missing`];
  const loader = [
    "$| = 1",
    String.raw`syswrite STDOUT, "$ARGV[0]\n"`,
    'my $text = ""',
    "while (length $text < $ARGV[1]) { sysread STDIN, $text, $ARGV[1] - length $text, length $text or exit 1 }",
    "eval $text",
    "die $@",
  ].join("; ");
  // The system's Perl before one that the user's environment brings, which may lack its own modules.
  const find = `p=/usr/bin/perl; [ -x "$p" ] || p=$(command -v perl) || { echo ${quote(missing)}; exit 1; }`;
  const size = String(Buffer.byteLength(agentText));
  return {
    ready,
    missing,
    line: `${find}; exec "$p" -e ${quoteAll([loader, ready, size, String(silenceMs / 1000)])}\n`,
  };
}
