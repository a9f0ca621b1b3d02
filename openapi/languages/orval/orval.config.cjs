module.exports = {
  api: {
    input: process.env.DOCUMENT,
    output: { target: process.env.TARGET, client: "fetch", baseUrl: process.env.LINKSFIELD_BASE_URL },
  },
};
