# Run by ../run in an empty folder, with the folder openapi/ as its argument.
cp "$1"/languages/hey-api/*.{ts,json} "$1/languages/typescript/src/signing.ts" "$1/languages/terms.ts" .
npm install --silent --no-audit --no-fund --no-package-lock
PATH=node_modules/.bin:$PATH
echo "generator hey-api $(node -p 'require("./package.json").devDependencies["@hey-api/openapi-ts"]')"
for document in csss $OTHERS; do
  openapi-ts -i "$1/$document.yaml" -o "clients/$document" -c @hey-api/client-fetch > generator.log 2>&1
done
tsc
node built/program.js
printf 'compiled %s\n' $OTHERS
