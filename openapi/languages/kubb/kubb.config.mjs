import { defineConfig } from "@kubb/core";
import { pluginClient } from "@kubb/plugin-client";
import { pluginOas } from "@kubb/plugin-oas";
import { pluginTs } from "@kubb/plugin-ts";

export default defineConfig({
  root: ".",
  input: { path: process.env.DOCUMENT },
  output: { path: process.env.TARGET },
  plugins: [pluginOas(), pluginTs(), pluginClient({ client: "axios" })],
});
