#!/usr/bin/env bash
# weir's one entry: everything a fresh machine with Go and git needs.
#
#   ./run.sh                 run the scenario catalogue in the simulation and judge it
#   ./run.sh test            every test, as CI runs it
#   ./run.sh bench [PATTERN] the benchmarks
#   ./run.sh bench-peers [--only LIST]  the distributor beside nginx and HAProxy, on
#                            this machine (8 minutes)
#   ./run.sh bench-gossip    what a pick, a merge and a round take, for docs/studies/gossip.md
#   ./run.sh fuzz TARGET PKG [TIME]  one fuzz target, 30 s unless told
#   ./run.sh mutants [NAME...]  plant the bank's defects one by one; each must be caught;
#                            and the kill matrix: by what, after how many random worlds
#   ./run.sh golden          rewrite the golden hashes and files (then review the diff)
#   ./run.sh generate        rewrite the code generated from system/wire/proto
#   ./run.sh lint [REF]      check system/wire/proto and its generated code, and that nothing
#                            breaks clients of the last release; with a git commit REF also
#                            those of that time
#   ./run.sh release-schema  make system/wire/proto as it is the last release's
#   ./run.sh lint-deploy     what the linters of compose files, Kubernetes manifests, systemd
#                            units and Prometheus say of deploy/
#   ./run.sh soak [--for 10m]  real processes under random faults, judged at the end
#   ./run.sh ARGS...         anything else goes to the weir command
set -euo pipefail
caller=$PWD
cd "$(dirname "$0")"

die() { printf 'run.sh: %s\n' "$*" >&2; exit 1; }

need_go() {
  command -v go >/dev/null || die "Go is missing: install Go 1.26 or newer"
  local v
  v=$(go env GOVERSION) || die "go env failed"
  case "$v" in
    go1.2[6-9]*|go1.[3-9][0-9]*|devel*) ;;
    *) die "$v is too old: weir needs Go 1.26 or newer" ;;
  esac
}

# The race detector needs a C compiler. Install one where we can.
need_cc() {
  command -v "$(go env CC)" >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    (apt-get update -qq && apt-get install -y -qq gcc libc6-dev) >&2 && return
  fi
  die "a C compiler is missing (the race detector needs one): install gcc"
}

# A test carries out the README's examples with curl 7.82 or newer, which has --json.
need_curl() {
  command -v curl >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    (apt-get update -qq && apt-get install -y -qq curl) >&2 && return
  fi
  die "curl is missing (a test of the README needs it): install curl"
}

# Tests of analysers over Redis start a server of their own.
need_redis() {
  command -v redis-server >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    (apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends redis-server) >&2 && return
  fi
  die "redis-server is missing (tests of analysers over Redis start one): install redis-server"
}

# What the distributor is measured beside.
need_peers() {
  local missing="" name
  for name in nginx haproxy; do
    command -v "$name" >/dev/null || [ -x "/usr/sbin/$name" ] || missing="$missing $name"
  done
  [ -z "$missing" ] && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    # RUNLEVEL=1: the packages must not start their services
    (apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing) >&2 && return
  fi
  die "missing:$missing (the peers that weir is measured beside): install the packages of that name, or name weir's own with --only"
}

bench_peers() {
  case " $* " in
    *" --only "*) ;; # says itself what is missing
    *) need_peers ;;
  esac
  mkdir -p bin runs
  go build -trimpath -o bin/weir-node ./cmd/weir-node
  go build -trimpath -o bin/weir-bench ./cmd/weir-bench
  exec bin/weir-bench --node bin/weir-node --dir runs --json runs/bench-peers.json "$@"
}

# The lines of some benchmarks, several times each on one processor, beside the study
# that plots them; then its page.
bench_gossip() {
  local out=scenarios/study/gossip.bench new
  mkdir -p runs
  new=runs/gossip.bench
  {
    GOMAXPROCS=1 go test -run '^$' -bench '^BenchmarkPick$/^(deficit|finish|eligible)$' -benchtime 5ms -count 10 ./system/route
    GOMAXPROCS=1 go test -run '^$' -bench '^BenchmarkCRDT(Change|Gossip|State)$' -benchtime 10ms -count 10 ./system/crdt
    GOMAXPROCS=1 go test -run '^$' -bench '^BenchmarkGossip$' -benchtime 3x -count 10 ./system/distributor
  } | tee /dev/stderr | grep '^Benchmark' >$new
  mv $new $out
  weir study gossip
}

# Build the command and become it, in the caller's directory, so that the files that
# its arguments name are found.
weir() {
  mkdir -p bin
  go build -trimpath -o bin/weir ./cmd/weir
  case " $* " in # real processes need the node's program too
    *" tcp "*|*=tcp*|" soak "*|" up "*) go build -trimpath -o bin/weir-node ./cmd/weir-node ;;
  esac
  [ "$caller" = "$PWD" ] && exec bin/weir "$@"
  local root=$PWD
  cd "$caller"
  exec "$root/bin/weir" "$@"
}

# The tools of the wire format, pinned by go.mod files of their own so that the
# product does not depend on what they depend on. The first use compiles buf, which
# takes about a minute; the plugins are named in buf.gen.yaml.
proto=system/wire/proto
released=$proto/released.yaml
buf() { go tool -modfile=tools/buf/go.mod buf "$@"; }
generate() { buf generate $proto --template $proto/buf.gen.yaml -o "${1:-.}"; }

# lint checks the schema, and that the generated code is that of the schema.
lint() {
  local tmp dir
  buf lint $proto
  buf format --exit-code -d $proto
  buf breaking $proto --against $released || # a file, so that it needs no history
    die "the schema breaks clients of the last release, $released"
  [ -z "${1-}" ] || buf breaking $proto --against ".git#ref=$1,subdir=$proto"
  tmp=$(mktemp -d)
  trap "rm -rf '$tmp'" EXIT
  generate "$tmp"
  for dir in weirv1 weirv1grpc; do
    diff -r -x doc.go "system/wire/$dir" "$tmp/system/wire/$dir" >&2 ||
      die "system/wire/$dir is not what $proto says: run ./run.sh generate"
  done
  rm -rf "$tmp"
}

# lint_deploy: the first use compiles kube-score and compose-go, about a minute.
deploy_tool() { go tool -modfile=tools/deploy/go.mod "$@"; }
lint_deploy() {
  local dir unit
  if ! command -v promtool >/dev/null; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null &&
      (apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq --no-install-recommends prometheus) >&2 ||
      die "promtool is missing: install prometheus"
  fi
  command -v systemd-analyze >/dev/null || die "systemd-analyze is missing: install systemd"
  deploy_tool github.com/zegl/kube-score/cmd/kube-score score --output-format ci deploy/kubernetes/*.yaml |
    { grep -v '^.OK\]\|^.SKIPPED\]' || true; } # its exit code is the pipe's
  promtool check config --syntax-only deploy/prometheus.yml
  promtool check rules system/metrics/dashboards/alerts.yaml
  dir=$(mktemp -d)
  trap "rm -rf '$dir'" EXIT
  cp deploy/compose.yaml "$dir" # with the environment that it asks for
  echo REDIS_PASSWORD=x >"$dir/.env"
  deploy_tool github.com/compose-spec/compose-go/v2/cmd "$dir/compose.yaml" >/dev/null
  for unit in deploy/systemd/*.service; do # as an instance, of a program that is there
    sed 's#/usr/local/bin/weir-node#/bin/true#' "$unit" >"$dir/$(basename "$unit" @.service)@x.service"
  done
  systemd-analyze verify "$dir"/*.service
  echo "deploy: fine"
}

tests() {
  need_cc
  need_curl
  need_redis
  local unformatted
  unformatted=$(gofmt -l $(git ls-files '*.go' 2>/dev/null || find . -name '*.go'))
  [ -z "$unformatted" ] || die "not formatted by gofmt: $unformatted"
  go mod verify
  go vet ./...
  lint
  GOOS=wasip1 GOARCH=wasm go build -o /dev/null ./cmd/weir-node
  # What has goroutines, under the race detector; and the catalogue once.
  # (TestWorldsAgree starts processes that are not instrumented, and the scripts left out
  # here have one goroutine; they run below.)
  go test -race -count=1 -timeout 15m -skip 'TestWorldsAgree|TestScripts/(shrink|trace|output|usage|scenario|broken|foreign|canary|inconclusive)' ./scenarios ./system/cluster/swim ./system/driver ./system/metrics ./system/source ./system/store/... ./system/transport/... ./faults/proc ./faults/proxy ./faults/tcpfault ./cmd/...
  exec go test -count=1 -timeout 15m ./...
}

case "${1-}" in
  help|-h|--help) exec sed -n '2,/^[^#]/s/^# \{0,1\}//p' run.sh ;;
  test|golden|generate|release-schema|lint-deploy|bench-gossip) [ $# = 1 ] || die "$1 takes no arguments" ;;
esac
need_go
case "${1-}" in
  "") weir run ;;
  test) tests ;;
  bench) exec go test -run '^$' -bench "${2:-.}" -benchmem ./... ;;
  bench-gossip) bench_gossip ;;
  bench-peers) shift; bench_peers "$@" ;;
  fuzz) [ $# -ge 3 ] || die "usage: ./run.sh fuzz TARGET PKG [TIME]"; exec go test -run '^$' -fuzz "^$2\$" -fuzztime "${4:-30s}" "$3" ;;
  generate) generate ;;
  release-schema) buf build $proto --exclude-source-info -o $released ;;
  lint) lint "${2-}" ;;
  lint-deploy) lint_deploy ;;
  mutants) shift; WEIR_MUTANTS="${*:-all}" WEIR_MATRIX="${*:-all}" exec go test -count=1 -v -timeout 4h ./mutants ;;
  golden) WEIR_UPDATE=1 exec go test -count=1 ./scenarios ./logcheck/... ./cmd/weir ;;
  *) weir "$@" ;;
esac
