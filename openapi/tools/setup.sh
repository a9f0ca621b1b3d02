# Sourced by the scripts of openapi/: where things are, the pinned tools (installed once, below target/), the sandbox.
# Needs python3 with venv, Node.js with npm, a Java runtime for the generator, and cargo.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
openapi=$root/openapi
target=${CARGO_TARGET_DIR:-$root/target}
work=$target/openapi
mkdir -p "$work/tools"
PATH=$work/tools/venv/bin:$work/tools/node_modules/.bin:$PATH

# install_tools FILE COMMAND…: runs the command in the folder of the tools, unless that was done for this very FILE.
install_tools() {
  local file=$openapi/tools/$1 stamp=$work/tools/$1.installed
  shift
  cmp -s "$file" "$stamp" || { (cd "$work/tools" && cp "$file" . && "$@" >&2) && cp "$file" "$stamp"; }
}

python_tools() {
  install_tools requirements.txt sh -c 'python3 -m venv venv && venv/bin/pip install --quiet -r requirements.txt'
}

node_tools() {
  install_tools package.json npm install --silent --no-audit --no-fund --no-package-lock
}

# record NAME FIGURES SECONDS: keeps what a proof found, in place of what it found before.
record() {
  touch "$work/results.md"
  grep -vF "| $1 |" "$work/results.md" > "$work/results.new" || true
  printf '| %s | %s | %s s |\n' "$@" >> "$work/results.new"
  mv "$work/results.new" "$work/results.md"
}

# All that was found, of both the published and the languages.
results() {
  printf '\n| proof | figures | took |\n| --- | --- | --- |\n'
  cat "$work/results.md"
}

# make_dist FOLDER: what is published of the documents.
make_dist() {
  (cd "$work/tools" && python3 "$openapi/tools/dist.py" "$openapi" "$1")
}

# Starts the sandbox on a free port, and exports where it is and how to sign for it; it ends with the script.
start_sandbox() {
  (cd "$root" && cargo build --quiet --features cube,esim-qr,mall,sandbox --bin linksfield-sandbox)
  : > "$work/sandbox.url"
  "$target/debug/linksfield-sandbox" --listen 127.0.0.1:0 --quiet > "$work/sandbox.url" &
  sandbox=$!
  trap 'kill "$sandbox" 2> /dev/null || true' EXIT
  until [ -s "$work/sandbox.url" ]; do
    kill -0 "$sandbox" || return 1
    sleep 0.1
  done
  LINKSFIELD_BASE_URL=$(cat "$work/sandbox.url")
  export LINKSFIELD_BASE_URL LINKSFIELD_ACCESS_CODE=SANDBOX LINKSFIELD_SECRET=sandbox-secret
}
