# Run by ../run in an empty folder, with the folder openapi/ as its argument.
cp "$1"/languages/kubb/*.{ts,json,mjs} "$1/languages/typescript/src/signing.ts" "$1/languages/terms.ts" .
npm install --silent --no-audit --no-fund --no-package-lock
PATH=node_modules/.bin:$PATH
echo "generator kubb $(node -p 'require("./package.json").devDependencies["@kubb/cli"]')"
for document in csss $OTHERS; do
  DOCUMENT=$1/$document.yaml TARGET=clients/$document kubb generate > generator.log 2>&1
done
tsc
node built/program.js
printf 'compiled %s\n' $OTHERS
