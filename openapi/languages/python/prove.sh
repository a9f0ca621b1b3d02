# Run by ../run in an empty folder, with the folder openapi/ as its argument. Builds the package, and holds what is
# installed from it against the documents' vectors, the table of outcomes and the sandbox.
here=$1/languages/python
python3 -m venv builder
builder/bin/pip install --quiet -r "$here/requirements.txt"
echo "generator package, of $(grep datamodel "$here/requirements.txt" | tr -s = ' ')"
# A checkout has no generated part: nothing is built from it.
cp -r "$here" checkout
if PATH=$PWD/builder/bin:$PATH pip wheel --quiet --no-deps --no-build-isolation --wheel-dir hollow ./checkout; then exit 1; fi
mkdir package
cp -r "$here"/{src,pyproject.toml,whole.py,README.md} "$1"/../LICENSE-* package
(
  PATH=$PWD/builder/bin:$PATH PYTHONPATH=$1/languages
  export PATH PYTHONPATH
  python "$here/generate.py" "$1" package/src/linksfield > generator.log 2>&1
  cd package
  hatchling build
  # What is built from the source package, without a network or anything of the documents, is the very wheel.
  pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir ../again dist/*.tar.gz
)
cmp package/dist/*.whl again/*.whl
for built in package/dist/*; do
  python3 -m tarfile --list "$built" 2> /dev/null || python3 -m zipfile --list "$built"
done | grep --count LICENSE- | grep --quiet --line-regexp 4
python3 -m venv user
user/bin/pip install --quiet "$(echo package/dist/*.whl)[cube]"
export LINKSFIELD_OPENAPI=$1
user/bin/python -m unittest discover -s "$here/tests" 2>&1 | tee tests.log
echo "tests $(sed -n 's/^Ran \([0-9]*\) tests.*/\1/p' tests.log)"
user/bin/python "$here/tests/five_lines.py"
builder/bin/mypy --strict --python-executable user/bin/python "$here/tests/five_lines.py"
builder/bin/mypy --strict --python-executable user/bin/python package/src/linksfield
# A misspelt option is an error of types.
echo 'from linksfield import csss; csss.Client("P", "s", "https://example.com", timout=3)' > misspelt.py
if builder/bin/mypy --strict --python-executable user/bin/python misspelt.py > misspelt.log; then exit 1; fi
grep --quiet timout misspelt.log
echo "vectors $(grep -c '"name"' "$1/signing-vectors.json")"
for built in package/dist/*; do echo "size ${built##*.} $(du -b "$built" | cut -f1)"; done
printf 'compiled %s\n' $OTHERS
