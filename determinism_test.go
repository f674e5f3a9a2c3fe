package weir_test

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// deterministic lists the packages whose behaviour must follow from their
// inputs alone, with the standard packages that each may use all the same.
var deterministic = map[string][]string{
	"sim": nil, "faults": nil, "faults/simfault": nil,
	"logcheck":       {"os"}, // reads directories; judging itself is pure
	"logcheck/trace": nil,
	"system/record":  nil,
	"system/node":    nil,
	"system/message": nil, "system/route": nil, "system/detect": nil, "system/scale": nil, "system/crdt": nil, "system/digest": nil, "system/cluster": nil, "system/store": nil, "system/spool": nil,
	"system/emitter": nil, "system/emitter/lines": nil, "system/distributor": nil,
	"system/analyser": nil, "system/operator": nil, "system/wire": nil,
	"examples/lease": nil, "scenarios/study": nil,
}

// bannedImports are whole packages that deterministic code must not use.
var bannedImports = map[string]string{
	"os":           "the world outside comes through the seam",
	"os/exec":      "the world outside comes through the seam",
	"net":          "messages go through the seam",
	"net/http":     "messages go through the seam",
	"sync":         "an actor takes no lock: the scheduler orders everything",
	"sync/atomic":  "an actor shares no memory",
	"math/rand":    "its global stream is seeded by the runtime; use a keyed stream of math/rand/v2",
	"crypto/rand":  "entropy from outside cannot be replayed",
	"syscall":      "the world outside comes through the seam",
	"reflect":      "it ranges over maps in no order, past the rule that bans that",
	"context":      "a cancellation is an event; its channels come from another goroutine",
	"runtime":      "what the runtime does is not the same twice",
	"unsafe":       "addresses differ from run to run",
	"maps":         "its iterators have no order; sort or keep a slice",
	"hash/maphash": "its seed differs from process to process",
}

// bannedCalls are functions of allowed packages that read the outside.
var bannedCalls = map[string]string{
	"time.Now": "time comes from the Env", "time.Since": "time comes from the Env", "time.Until": "time comes from the Env",
	"time.Sleep": "an actor never blocks", "time.After": "timers come from the Env", "time.AfterFunc": "timers come from the Env",
	"time.NewTimer": "timers come from the Env", "time.NewTicker": "timers come from the Env", "time.Tick": "timers come from the Env",
	"time.LoadLocation": "the time zone database is the machine's", "time.Local": "the time zone is the machine's",
}

// anyOrder marks a line whose map range has no order that matters, with its reason.
const anyOrder = "//weir:anyorder "

// TestDeterminismRules holds the bans over every deterministic package, types
// resolved, so that an import under another name is no way round.
func TestDeterminismRules(t *testing.T) {
	var patterns []string
	for pkg := range deterministic {
		patterns = append(patterns, "./"+pkg)
	}
	mode := packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports
	pkgs, err := packages.Load(&packages.Config{Mode: mode}, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	if len(pkgs) != len(deterministic) {
		t.Fatalf("loaded %d packages, want %d", len(pkgs), len(deterministic))
	}
	for _, p := range pkgs {
		for _, e := range p.Errors {
			t.Fatalf("%s: %v", p.PkgPath, e)
		}
		checkPackage(t, p)
	}
}

func checkPackage(t *testing.T, p *packages.Package) {
	pkg := strings.TrimPrefix(p.PkgPath, module+"/")
	for _, f := range p.Syntax {
		for _, im := range f.Imports {
			name := strings.Trim(im.Path.Value, `"`)
			if why := importBan(pkg, name); why != "" {
				t.Errorf("%s: deterministic code must not import %s: %s", p.Fset.Position(im.Pos()), name, why)
			}
		}
		marks := markedLines(p.Fset, f)
		ast.Inspect(f, func(n ast.Node) bool {
			if why := banned(p.TypesInfo, n); why != "" && !(isMapRange(p.TypesInfo, n) && marks[p.Fset.Position(n.Pos()).Line]) {
				t.Errorf("%s: %s", p.Fset.Position(n.Pos()), why)
			}
			return true
		})
	}
}

// importBan returns why a deterministic package must not import name, or "".
func importBan(pkg, name string) string {
	if slices.Contains(deterministic[pkg], name) {
		return ""
	}
	return bannedImports[name]
}

// markedLines returns the lines that carry an anyOrder mark with a reason.
func markedLines(fset *token.FileSet, f *ast.File) map[int]bool {
	lines := map[int]bool{}
	for _, g := range f.Comments {
		for _, c := range g.List {
			if reason, ok := strings.CutPrefix(c.Text, anyOrder); ok && len(strings.Fields(reason)) >= 3 {
				lines[fset.Position(c.Pos()).Line] = true
			}
		}
	}
	return lines
}

func isMapRange(info *types.Info, n ast.Node) bool {
	r, ok := n.(*ast.RangeStmt)
	if !ok {
		return false
	}
	tv, ok := info.Types[r.X]
	if !ok {
		return false
	}
	_, isMap := tv.Type.Underlying().(*types.Map)
	return isMap
}

// banned returns why a syntax node may not stand in deterministic code, or "".
func banned(info *types.Info, n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "a goroutine: the scheduler orders everything"
	case *ast.SelectStmt:
		return "a select: it chooses by the runtime's own randomness"
	case *ast.ChanType, *ast.SendStmt:
		return "a channel: actors get their messages from the scheduler"
	case *ast.RangeStmt:
		if isMapRange(info, n) {
			return "a range over a map: its order differs from run to run; sort the keys, or mark the line " + anyOrder + "with the reason why the order cannot matter"
		}
	case *ast.SelectorExpr:
		return bannedObject(info, n)
	case *ast.BinaryExpr:
		return bannedFloat(info, n)
	case *ast.CallExpr:
		return bannedFloat(info, n)
	}
	return ""
}

// bannedFloat refuses sums, products and function values that are computed in
// floats: a processor may round them, or fuse two of them, in its own way.
func bannedFloat(info *types.Info, n ast.Expr) string {
	tv := info.Types[n]
	if tv.Type == nil || tv.Value != nil {
		return ""
	}
	if b, ok := tv.Type.Underlying().(*types.Basic); ok && b.Info()&(types.IsFloat|types.IsComplex) != 0 {
		return "a computed float: platforms round differently; decide with integers"
	}
	return ""
}

func bannedObject(info *types.Info, n *ast.SelectorExpr) string {
	obj := info.Uses[n.Sel]
	if obj == nil || obj.Pkg() == nil || obj.Parent() != obj.Pkg().Scope() {
		return "" // methods and fields
	}
	name := obj.Pkg().Path() + "." + obj.Name()
	if why, ok := bannedCalls[name]; ok {
		return name + ": " + why
	}
	if obj.Pkg().Path() == "math/rand/v2" {
		if _, isFunc := obj.(*types.Func); isFunc && !strings.HasPrefix(obj.Name(), "New") {
			return name + ": the global stream is seeded by the runtime; use a keyed stream"
		}
	}
	return ""
}

// TestDeterminismRulesBite holds that each ban is seen when it is broken.
func TestDeterminismRulesBite(t *testing.T) {
	const bad = `package p
import ("math"; "math/rand/v2"; clock "time")
func f(m map[int]int) {
	for range m {}
	go f(nil)
	select {}
	_ = clock.Now()
	_ = rand.IntN(3)
	var _ chan int
	const c = 1e9 / 3
	x := c
	_ = x * x
	_ = math.Sqrt(x)
}`
	overlay := map[string][]byte{}
	cfg := &packages.Config{Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps, Overlay: overlay}
	dir := t.TempDir()
	cfg.Dir = dir
	overlay[dir+"/p.go"] = []byte(bad)
	overlay[dir+"/go.mod"] = []byte("module p\n")
	pkgs, err := packages.Load(cfg, "file="+dir+"/p.go")
	if err != nil || len(pkgs) != 1 || len(pkgs[0].Errors) > 0 {
		t.Fatalf("load: %v %v", err, pkgs)
	}
	found := 0
	ast.Inspect(pkgs[0].Syntax[0], func(n ast.Node) bool {
		if banned(pkgs[0].TypesInfo, n) != "" {
			found++
		}
		return true
	})
	if found != 8 {
		t.Errorf("%d of 8 offences were seen", found)
	}
}

// notDeterministic are the packages below the deterministic ones that need not be,
// with the reason.
var notDeterministic = map[string]string{
	"sim/simtest":                      "test support: it reads the environment",
	"faults/proc":                      "real processes",
	"faults/proxy":                     "real connections",
	"faults/tcpfault":                  "real time, processes and connections",
	"system/node/nodetest":             "test support: what it runs is",
	"system/driver":                    "the real world's clock, goroutines and files",
	"system/cluster/swim":              "the real world's network and clock",
	"system/store/boltstore":           "the real world's database",
	"system/store/redisstore":          "the real world's database",
	"system/store/storetest":           "test support: what it runs is",
	"system/source":                    "files that grow, pipes, sockets and their clocks",
	"system/transport":                 "the real world's network",
	"system/transport/grpc":            "the real world's network",
	"system/transport/http":            "the real world's network",
	"system/transport/access":          "the real world's callers",
	"system/transport/reload":          "the real world's files",
	"system/transport/brief":           "the real world's sockets",
	"system/transport/netlimit":        "the real world's sockets",
	"system/transport/tlsconf":         "the real world's files and connections",
	"system/transport/tlsconf/tlstest": "test support: keys are random",
	"system/wire/weirv1":               "generated",
	"system/wire/weirv1grpc":           "generated",
	"system/metrics":                   "scrapes come when they come",
}

// TestDeterminismRulesCoverTheTree holds that no package of the simulation, the
// system or the checker is forgotten.
func TestDeterminismRulesCoverTheTree(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		if s.test || seen[s.pkg] || !anyWithin(s.pkg, []string{"sim", "faults", "logcheck", "system"}) {
			continue
		}
		seen[s.pkg] = true
		_, held := deterministic[s.pkg]
		_, freed := notDeterministic[s.pkg]
		if held == freed {
			t.Errorf("package %s is in %d of the two lists of determinism_test.go, want one", s.pkg, b2i(held)+b2i(freed))
		}
	}
	for pkg := range notDeterministic {
		if !seen[pkg] {
			t.Errorf("notDeterministic names no package: %s", pkg)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestImportBansBite holds that a banned import is refused under any name, and one
// that a package may have is not.
func TestImportBansBite(t *testing.T) {
	for pkg, want := range map[string]int{"sim": 2, "logcheck": 1} {
		offences := 0
		for _, name := range []string{"os", "sync", "fmt"} {
			if importBan(pkg, name) != "" {
				offences++
			}
		}
		if offences != want {
			t.Errorf("%s: %d imports were refused, want %d", pkg, offences, want)
		}
	}
}
