# Run by ../run in an empty folder, with the folder openapi/ as its argument. Builds the package, and holds what is
# installed from its tarball, without a network, against the documents' vectors, the table of outcomes and the sandbox.
here=$1/languages/typescript
# A checkout has no generated part: nothing is packed from it.
if (cd "$here" && npm pack --silent --dry-run); then exit 1; fi
cp -r "$here"/{src,package.json,tsconfig.json,whole.mjs,README.md} "$1"/../LICENSE-* .
npm install --silent --no-audit --no-fund --no-package-lock
PATH=$PWD/node_modules/.bin:$PATH
echo "generator package, of openapi-typescript $(openapi-typescript --version | tr -d v)"
PYTHONPATH=$1/languages python3 "$here/generate.py" "$1" src
tsc
npm pack --silent > /dev/null
tar --list --file linksfield-0.1.0.tgz | grep --count LICENSE | grep --quiet --line-regexp 2
attw linksfield-0.1.0.tgz --profile esm-only --quiet
cp -r "$here/tests" app
cd app
npm install --silent --offline --no-audit --no-fund --no-package-lock ../linksfield-0.1.0.tgz
tsc
export LINKSFIELD_OPENAPI=$1
node --test built/ | tee tests.log
echo "tests $(sed -n 's/^# pass //p' tests.log)"
node built/five-lines.js
echo "vectors $(grep -c '"name"' "$1/signing-vectors.json")"
echo "size tgz $(du -b ../linksfield-0.1.0.tgz | cut -f1)"
printf 'compiled %s\n' $OTHERS
