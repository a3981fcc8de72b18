/** Where a cluster is, as a configuration says; made by `readClusterConfig` and `discover`. */
export type Connection =
  /** A gateway. */
  | {
      readonly via: "gateway";
      readonly url: string;
      readonly token?: string | undefined;
      readonly tokenFile?: string | undefined;
      /** Its name there; the gateway's default where absent. */
      readonly cluster?: string | undefined;
    }
  /** A test cluster of this machine; of the home that is given, or the user's. */
  | { readonly via: "test-cluster"; readonly name: string; readonly home?: string | undefined }
  /** A test cluster that is yet to be made; what `TestCluster` takes. */
  | { readonly via: "new-test-cluster"; readonly settings: Readonly<Record<string, unknown>> }
  /** One with settings as in `sluice.yaml`, which are checked when it is opened. */
  | {
      readonly via: "settings";
      readonly name: string;
      readonly settings: Readonly<Record<string, unknown>>;
      readonly home?: string | undefined;
    }
  /** One that Sluice's own settings name, or their default. */
  | { readonly via: "sluice"; readonly name?: string | undefined };
