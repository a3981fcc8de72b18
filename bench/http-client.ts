import { Agent, request } from "node:http";

/** The plainest client that keeps its connections, so that it costs less than what it measures. */
export class HttpClient {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;

  constructor(url: URL, token: string, connections = 1) {
    this.#url = url;
    this.#headers = { authorization: `Bearer ${token}` };
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  get(path: string): Promise<string> {
    return this.#send("GET", path);
  }

  post(path: string, body: unknown): Promise<string> {
    return this.#send("POST", path, JSON.stringify(body));
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...this.#headers,
        ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      };
      const { hostname, port } = this.#url;
      const sent = request({ hostname, port, agent: this.#agent, method, path, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.once("error", reject);
        response.once("end", () => {
          const { statusCode = 0 } = response;
          if (statusCode < 300) resolve(text);
          else reject(new Error(`${method} ${path} was answered ${statusCode}: ${text.slice(0, 500)}`));
        });
      });
      sent.once("error", reject);
      sent.end(body);
    });
  }
}
