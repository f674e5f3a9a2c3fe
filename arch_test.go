// Package weir_test holds the rules of the whole tree as ordinary tests: which
// package may import which, what deterministic code must not do, and how large
// a file or function may grow. Each rule says why it is there; change the code,
// not the rule.
package weir_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "weir"

// layer says what a package (and its sub-packages without a layer of their own)
// may import of ours and from outside the standard library.
type layer struct {
	pkg  string   // path below the module
	ours []string // prefixes below the module that it may import
	ext  []string // prefixes of other modules that it may import
	why  string
}

var layers = []layer{
	{pkg: "sim", why: "the simulator is usable by any Go program and knows no system"},
	{pkg: "sim/simtest", why: "seeds as subtests, whatever they seed"},
	{pkg: "faults", why: "a fault plan is data: it must mean the same in every world"},
	{pkg: "faults/simfault", ours: []string{"faults", "sim"}, why: "applies plans to the simulation and to nothing else"},
	{pkg: "faults/proxy", ours: []string{"faults"}, why: "breaks byte streams and knows no protocol"},
	{pkg: "faults/proc", why: "signals to processes, whatever they run"},
	{pkg: "faults/tcpfault", ours: []string{"faults"}, why: "applies plans to what the runner hands it"},
	{pkg: "logcheck", why: "a checker that shares code with what it judges shares its bugs"},
	{pkg: "system/record", why: "the log writer is a leaf"},
	{pkg: "system/node", ours: []string{"system/record"}, why: "the seam knows no role and no world"},
	{pkg: "system/node/nodetest", ours: []string{"system/node", "system/record"}, why: "test support for actors"},
	{pkg: "system/message", ours: []string{"system/node", "system/record"}, why: "messages are plain values"},
	{pkg: "system/route", why: "who gets a packet is pure arithmetic"},
	{pkg: "system/detect", why: "a failure detector is a pure state machine"},
	{pkg: "system/scale", why: "how many workers there should be is pure arithmetic"},
	{pkg: "system/crdt", why: "shared state is a pure lattice: who carries it to whom is not its business"},
	{pkg: "system/digest", ours: []string{"system/message"}, why: "what messages add up to is a pure function of them"},
	{pkg: "system/store", ours: []string{"system/digest", "system/message"}, why: "the store's form knows no actor"},
	{pkg: "system/store/boltstore", ours: []string{"system/digest", "system/message", "system/node", "system/store"}, ext: []string{"go.etcd.io/bbolt"}, why: "a database knows no actor: the analyser asks it through one interface"},
	{pkg: "system/store/redisstore", ours: []string{"system/digest", "system/message", "system/node", "system/store"}, ext: []string{"github.com/redis/go-redis/v9"}, why: "a database knows no actor: the analyser asks it through one interface"},
	{pkg: "system/store/storetest", ours: []string{"system/digest", "system/message", "system/store"}, ext: []string{"pgregory.net/rapid"}, why: "test support: what every store decides alike"},
	{pkg: "system/spool", ours: []string{"system/message", "system/store"}, why: "the form of a queue on disk knows no actor"},
	{pkg: "system/emitter", ours: []string{"system/digest", "system/emitter/lines", "system/message", "system/node", "system/record"}, why: "roles meet only in messages"},
	{pkg: "system/emitter/lines", ours: []string{"system/message"}, why: "reading lines needs no actor"},
	{pkg: "system/source", ours: []string{"system/emitter/lines", "system/message", "system/node", "system/transport/netlimit"}, ext: []string{"github.com/leodido/go-syslog/v4"}, why: "where lines come from knows no actor: the command joins it to the emitter"},
	{pkg: "system/cluster", why: "who is there and whose turn it is needs no actor"},
	{pkg: "system/cluster/swim", ext: []string{"github.com/hashicorp/memberlist"}, why: "who is there for real; the only package that knows memberlist"},
	{pkg: "system/distributor", ours: []string{"system/cluster", "system/crdt", "system/detect", "system/message", "system/node", "system/record", "system/route", "system/scale", "system/spool"}, why: "roles meet only in messages"},
	{pkg: "system/analyser", ours: []string{"system/digest", "system/message", "system/node", "system/record", "system/store"}, why: "roles meet only in messages"},
	{pkg: "system/operator", ours: []string{"system/message", "system/node", "system/record"}, why: "roles meet only in messages"},
	{pkg: "system/driver", ours: []string{"system/node", "system/record"}, why: "the real world knows no role and no protocol"},
	{pkg: "system/wire", ours: []string{"system/message", "system/node", "system/wire/weirv1"}, ext: []string{"google.golang.org/protobuf"}, why: "an encoding knows no actor and no socket"},
	{pkg: "system/wire/weirv1", ext: []string{"google.golang.org/protobuf"}, why: "generated messages; who wants only them links no grpc"},
	{pkg: "system/wire/weirv1grpc", ours: []string{"system/wire/weirv1"}, ext: []string{"google.golang.org/grpc", "google.golang.org/protobuf"}, why: "generated stubs"},
	{pkg: "system/transport", ours: []string{"system/driver", "system/message", "system/node"}, why: "what all transports share opens no socket"},
	{pkg: "system/transport/http", ours: []string{"system/driver", "system/message", "system/node", "system/transport", "system/wire"}, why: "a transport knows no role: it carries what the seam sends"},
	{pkg: "system/transport/grpc", ours: []string{"system/driver", "system/message", "system/node", "system/transport", "system/wire"}, ext: []string{"google.golang.org/grpc", "google.golang.org/protobuf"}, why: "a transport knows no role: it carries what the seam sends"},
	{pkg: "system/transport/brief", why: "sockets that cost less know nothing"},
	{pkg: "system/transport/netlimit", ours: []string{"system/transport/brief"}, why: "limits on sockets know no protocol"},
	{pkg: "system/transport/reload", why: "files that are replaced are a question of every secret"},
	{pkg: "system/transport/access", ours: []string{"system/transport"}, why: "one table of who may do what, for every transport: it knows no protocol"},
	{pkg: "system/transport/tlsconf", ours: []string{"system/node", "system/transport/reload"}, why: "who is at the other end is a question of every transport"},
	{pkg: "system/transport/tlsconf/tlstest", why: "test support: certificates"},
	{pkg: "system/metrics", ours: []string{"system/node"}, ext: []string{"github.com/prometheus/client_golang"}, why: "names what others measure; the only package that knows Prometheus"},
	{pkg: "scenarios", ours: []string{"faults", "logcheck", "sim", "system"}, ext: []string{"github.com/goccy/go-yaml"}, why: "the only package that knows everyone"},
	{pkg: "scenarios/swarm", ours: []string{"faults", "scenarios"}, why: "makes scenarios, runs none"},
	{pkg: "scenarios/shrink", ours: []string{"faults", "logcheck", "scenarios", "scenarios/sweep"}, why: "a search over scenarios, whoever runs them"},
	{pkg: "scenarios/sweep", ours: []string{"faults", "logcheck", "scenarios"}, why: "adds up what runs found, runs none"},
	{pkg: "scenarios/study", ours: []string{"logcheck", "scenarios"}, why: "measures runs from their logs, runs none"},
	{pkg: "scenarios/weirtest", ours: []string{"scenarios", "sim/simtest"}, why: "go test's way to run scenarios: it decides nothing that commands do not"},
	{pkg: "examples/lease", ours: []string{"faults", "sim"}, why: "shows how a system that is not ours is tested: with what anybody may import"},
	{pkg: "mutants", why: "patches and their test: it builds weir, it does not import it"},
	{pkg: "cmd/weir", ours: []string{"faults", "logcheck", "scenarios", "sim"}, ext: []string{"github.com/spf13/cobra", "github.com/spf13/pflag"}, why: "a thin command: its cold build is a newcomer's first minute"},
	{pkg: "cmd/weir-bench", ours: []string{"faults/proc", "system/message", "system/wire"}, ext: []string{"google.golang.org/grpc"}, why: "it measures programs from outside, as their clients see them"},
	{pkg: "cmd/weir-node", ours: []string{"system"}, ext: []string{"google.golang.org/grpc", "github.com/goccy/go-yaml"}, why: "the product carries no part of the harness"},
}

// testOnly are the modules that test files may use besides.
var testOnly = []string{"github.com/google/go-cmp", "pgregory.net/rapid", "github.com/rogpeppe/go-internal", "golang.org/x/tools", "google.golang.org/grpc", "go.uber.org/goleak", "github.com/goccy/go-yaml", "github.com/anishathalye/porcupine", "golang.org/x/net"}

// testOurs are arrows that only test files may have.
var testOurs = map[string][]string{
	"faults/tcpfault":          {"faults/proc", "faults/proxy"},
	"scenarios/weirtest":       {"logcheck"},
	"sim/simtest":              {"sim"},
	"system/emitter":           {"system/node/nodetest"},
	"system/distributor":       {"system/node/nodetest"},
	"system/analyser":          {"system/node/nodetest"},
	"system/operator":          {"system/node/nodetest"},
	"system/store/boltstore":   {"system/store/storetest"},
	"system/store/redisstore":  {"system/store/storetest"},
	"system/transport/tlsconf": {"system/transport/tlsconf/tlstest"},
	"system/transport/access":  {"system/transport/tlsconf/tlstest"},
	"system/metrics":           {"system/analyser", "system/distributor", "system/driver", "system/emitter", "system/operator", "system/scale", "system/source"},
}

func layerOf(pkg string) *layer {
	var best *layer
	for i := range layers {
		l := &layers[i]
		if within(pkg, l.pkg) && (best == nil || len(l.pkg) > len(best.pkg)) {
			best = l
		}
	}
	return best
}

func within(pkg, prefix string) bool {
	return pkg == prefix || strings.HasPrefix(pkg, prefix+"/")
}

func anyWithin(pkg string, prefixes []string) bool {
	for _, p := range prefixes {
		if within(pkg, p) {
			return true
		}
	}
	return false
}

// source is one parsed Go file of the tree.
type source struct {
	path string // slash-separated, below the root
	pkg  string // its folder
	test bool
	file *ast.File
}

var fset = token.NewFileSet()

// sources parses every Go file of the tree, root excluded.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name == "testdata" || name == "runs" || p != "." && strings.HasPrefix(name, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		p = filepath.ToSlash(p)
		if !strings.HasSuffix(name, ".go") || path.Dir(p) == "." {
			return nil
		}
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, source{p, path.Dir(p), strings.HasSuffix(name, "_test.go"), f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no Go files found: the rules would hold of nothing")
	}
	return all
}

// TestImportLattice holds the arrows of the tree: they go one way.
func TestImportLattice(t *testing.T) {
	used := map[string]bool{}
	for _, s := range sources(t) {
		l := layerOf(s.pkg)
		if l == nil {
			t.Errorf("%s: package %s is in no layer: give it one in arch_test.go, with a reason", s.path, s.pkg)
			continue
		}
		used[l.pkg] = true
		for _, im := range s.file.Imports {
			name, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if why := refuse(s, l, name); why != "" {
				t.Errorf("%s: %s must not import %s: %s", fset.Position(im.Pos()), s.pkg, name, why)
			}
		}
	}
	for _, l := range layers {
		if !used[l.pkg] {
			t.Errorf("layer %s names no package: remove it", l.pkg)
		}
	}
}

// refuse returns why a file may not import name, or "".
func refuse(s source, l *layer, name string) string {
	if within(name, module) {
		own := strings.TrimPrefix(name, module+"/")
		ok := own == s.pkg || anyWithin(own, l.ours) || within(s.pkg, own) && s.pkg != own && l.pkg != s.pkg ||
			s.test && anyWithin(own, testOurs[l.pkg])
		if !ok {
			return l.why
		}
		return ""
	}
	if !strings.Contains(strings.SplitN(name, "/", 2)[0], ".") {
		return "" // standard library: see TestDeterminismRules
	}
	if anyWithin(name, l.ext) || s.test && anyWithin(name, testOnly) {
		return ""
	}
	return "modules from outside stay at the edges; " + l.why
}

// TestPackageDocs holds that every package says what it is.
func TestPackageDocs(t *testing.T) {
	docs := map[string]int{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		docs[s.pkg] += 0
		if s.file.Doc != nil {
			docs[s.pkg]++
			text := s.file.Doc.Text()
			if len(strings.Fields(text)) < 12 {
				t.Errorf("%s: the package doc has fewer than 12 words: say what it is, what it is not, who may import it", s.path)
			}
		}
	}
	for pkg, n := range docs {
		if n != 1 {
			t.Errorf("package %s has %d package docs, want exactly one", pkg, n)
		}
	}
}

// Limits of size: beyond them nobody reads the whole any more.
const (
	fileLinesMax = 600
	funcLinesMax = 70
)

// TestSizes holds files and functions to a size that a person can read.
func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		if ast.IsGenerated(s.file) {
			continue
		}
		if n := fset.Position(s.file.FileEnd).Line; n > fileLinesMax {
			t.Errorf("%s has %d lines, more than %d: a file is one idea", s.path, n, fileLinesMax)
		}
		for _, d := range s.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
			if n > funcLinesMax {
				t.Errorf("%s: %s has %d lines, more than %d: a function fits a screen", fset.Position(fn.Pos()), fn.Name.Name, n, funcLinesMax)
			}
		}
	}
}
