# Run by ../run in an empty folder, with the folder openapi/ as its argument.
cp "$1"/languages/openapi-fetch/*.{ts,json} "$1/languages/typescript/src/signing.ts" .
npm install --silent --no-audit --no-fund --no-package-lock
PATH=node_modules/.bin:$PATH
echo "generator openapi-typescript $(openapi-typescript --version | tr -d v)"
openapi-typescript "$1/csss.yaml" --enum -o csss.ts
openapi-typescript "$1/cube.yaml" --enum -o cube.ts
tsc
node built/program.js
node built/cube-program.js "$1/cube-signing-vectors.json"
for other in $OTHERS; do
  openapi-typescript "$1/$other.yaml" --enum -o "$other.ts"
  tsc --noEmit --strict --skipLibCheck "$other.ts"
  echo "compiled $other"
done
