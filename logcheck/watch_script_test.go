package logcheck

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A watchScript is a run in few words, for tests:
//
//	run policy=finish analysers=a1:1,a2:3   changes the header
//	12 d/w1 view v=1 ver=1 set=a1=1:up      a record at 12 ms: node/actor kind keys
//	13 d/w1 send x a1/store packet id=e/1/1 n=1 att=1   a message, called x
//	14 a1/store recv x                      its receipt; # begins a comment
//	15 ! crash n=a1 inc=1                   a fault, ~ is a space in a value; also ! phase, ! dup, ! lost
//	16 - d                                  the distributor's file ends here
//
// Nodes are named by role: e emitter, d distributor, a analyser, o operator. The
// log, start and end lines, sequence numbers and tokens are filled in.
type watchScript struct {
	t     failer
	run   *Run
	names []string
	files map[string]*watchFile // node -> its newest file
	all   []*watchFile
	msgs  map[string]*watchMsg
	g     int
	last  int64
}

type watchFile struct {
	node    string
	inc     int
	buf     strings.Builder
	lines   int
	seq     map[string]int
	tok     int
	crashed bool
	ended   bool
}

type watchMsg struct {
	from, actor string
	inc, tok    int
	class, msg  string
	keys        []string
}

// watchRun is the header that scripts begin with.
func watchRun() *Run {
	return &Run{
		Format: 1, World: "sim", Scenario: "script", Seed: "0x1",
		Distributor: RunDistributor{
			Policy: "deficit", State: "local", Workers: 1, PacketMax: 10, Window: 4, OnFull: "skip",
			AttemptTimeout: 100 * time.Millisecond, AttemptsMax: 5, BackoffBase: 10 * time.Millisecond,
			BackoffMax: 50 * time.Millisecond, RetryMin: 2, RetryPercent: 20, QueueItems: 10, QueueBytes: 1000,
			ApplyWithin: 50 * time.Millisecond,
			Detector: RunDetector{
				Kind: "threshold", Interval: 100 * time.Millisecond, Timeout: 50 * time.Millisecond, Failures: 3,
				Successes: 2, DataFailures: 3, DownInterval: 100 * time.Millisecond, Pause: 100 * time.Millisecond,
				DetectMax: 400 * time.Millisecond, RecoverMax: 300 * time.Millisecond,
			},
		},
	}
}

// parseWatch makes the run and its files.
func parseWatch(t failer, text string) (*Run, Mem) {
	t.Helper()
	s := &watchScript{t: t, run: watchRun(), files: map[string]*watchFile{}, msgs: map[string]*watchMsg{}}
	s.file("faults", 1)
	for _, line := range strings.Split(text, "\n") {
		if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) != "" {
			s.line(strings.Fields(line))
		}
	}
	s.record(s.files["faults"], "faults", s.last, "stopped", []string{"why=quiescent"})
	var m Mem
	for _, f := range s.all {
		if !f.crashed && !f.ended {
			f.end(s.last, s.g+1)
		}
		name := "logs/" + f.node + "." + strconv.Itoa(f.inc) + ".jsonl"
		if f.node == "faults" {
			name = faultsName
		}
		m = append(m, MemFile{Name: name, Data: []byte(f.buf.String())})
	}
	return s.run, m
}

func (f *watchFile) end(t int64, g int) {
	sum := crc32.Checksum([]byte(f.buf.String()), crc32.MakeTable(crc32.Castagnoli))
	fmt.Fprintf(&f.buf, `{"k":"end","a":"-","s":0,"t":%d,"m":%d,"g":%d,"n":%d,"crc":"%08x"}`+"\n", t, t, g, f.lines, sum)
	f.ended = true
}

func (s *watchScript) file(node string, inc int) *watchFile {
	f := &watchFile{node: node, inc: inc, seq: map[string]int{}}
	role := map[byte]string{'e': "emitter", 'd': "distributor", 'a': "analyser", 'o': "operator", 'f': "faults"}[node[0]]
	if inc == 1 && node != "faults" {
		s.run.Nodes = append(s.run.Nodes, RunNode{Name: node, Role: role})
	}
	fmt.Fprintf(&f.buf, `{"k":"log","a":"-","s":0,"t":%d,"m":%d,"g":%d,"v":1,"node":"%s","inc":%d,"role":"%s"}`+"\n", s.last, s.last, s.g, node, inc, role)
	f.lines = 1
	s.files[node] = f
	s.all = append(s.all, f)
	return f
}

func (s *watchScript) line(w []string) {
	if w[0] == "run" {
		for _, kv := range w[1:] {
			s.set(kv)
		}
		return
	}
	ms, err := strconv.ParseInt(w[0], 10, 64)
	if err != nil {
		s.t.Fatalf("script line %q", w)
	}
	s.last = ms * 1e6
	s.g++
	switch w[1] {
	case "!":
		s.fault(w[2:])
	case "-":
		s.files[w[2]].end(s.last, s.g)
	default:
		node, actor, _ := strings.Cut(w[1], "/")
		f := s.files[node]
		if f == nil {
			f = s.file(node, 1)
		}
		if f.seq[actor] == 0 {
			s.record(f, actor, s.last, "start", nil)
		}
		s.event(f, actor, w[2:])
	}
}

func (s *watchScript) fault(w []string) {
	kind, keys := "fault", []string{"do=" + w[0]}
	switch w[0] {
	case "phase", "dup", "lost", "noeffect":
		kind, keys = w[0], nil
	}
	rest := slices.Clone(w[1:])
	for i := range rest {
		rest[i] = strings.ReplaceAll(rest[i], "~", " ")
	}
	if kind == "lost" || kind == "dup" {
		m := s.msgs[w[1]]
		keys = []string{"fr=" + m.from, fmt.Sprintf("fi=%d", m.inc), fmt.Sprintf("tok=%d", m.tok)}
		rest = w[2:]
	}
	s.record(s.files["faults"], "faults", s.last, kind, append(keys, rest...))
	node := ""
	for _, kv := range rest {
		if v, ok := strings.CutPrefix(kv, "n="); ok {
			node = v
		}
	}
	switch w[0] {
	case "crash":
		s.files[node].crashed = true
	case "restart":
		s.file(node, s.files[node].inc+1)
	}
}

// event writes a node's record, a send or a receipt.
func (s *watchScript) event(f *watchFile, actor string, w []string) {
	switch w[0] {
	case "send":
		f.tok++
		node, to, _ := strings.Cut(w[2], "/")
		m := &watchMsg{from: f.node, actor: actor, inc: f.inc, tok: f.tok, msg: w[3], keys: w[4:]}
		m.class = map[string]string{"submit": "data", "packet": "data", "result": "ack", "receipt": "ack", "probe": "probe", "probe_ok": "probe", "control": "control", "gossip": "control", "gossip_ok": "control"}[m.msg]
		if m.msg == "packet" || m.msg == "submit" {
			m.keys = append([]string{"b=10", "h=00000000"}, m.keys...)
		}
		s.msgs[w[1]] = m
		s.record(f, actor, s.last, "send", append([]string{fmt.Sprintf("tok=%d", m.tok), "to=" + node, "ta=" + to, "c=" + m.class, "msg=" + m.msg}, m.keys...))
	case "recv":
		m := s.msgs[w[1]]
		s.record(f, actor, s.last, "recv", append([]string{fmt.Sprintf("tok=%d", m.tok), "fr=" + m.from, "fa=" + m.actor, fmt.Sprintf("fi=%d", m.inc), "c=" + m.class, "msg=" + m.msg}, m.keys...))
	default:
		s.record(f, actor, s.last, w[0], w[1:])
	}
}

// record writes one line; the schema says which values are quoted.
func (s *watchScript) record(f *watchFile, actor string, t int64, kind string, keys []string) {
	f.seq[actor]++
	f.lines++
	k := lookupKind([]byte(kind), f.node == "faults")
	fmt.Fprintf(&f.buf, `{"k":"%s","a":"%s","s":%d,"t":%d,"m":%d,"g":%d`, kind, actor, f.seq[actor], t, t, s.g)
	for _, kv := range keys {
		name, v, _ := strings.Cut(kv, "=")
		key := lookupKey([]byte(name))
		if key == KeyNone {
			s.t.Fatalf("script key %q", kv)
		}
		switch kindTable[k].want[key] {
		case wantUint, wantInt, wantBool:
			fmt.Fprintf(&f.buf, `,"%s":%s`, name, v)
		default:
			fmt.Fprintf(&f.buf, `,"%s":"%s"`, name, v)
		}
	}
	f.buf.WriteString("}\n")
}

// set changes the header.
func (s *watchScript) set(kv string) {
	name, v, _ := strings.Cut(kv, "=")
	n, _ := strconv.Atoi(v)
	d := &s.run.Distributor
	switch name {
	case "policy":
		d.Policy = v
	case "state":
		d.State = v
	case "kind":
		d.Detector.Kind = v
	case "m":
		d.PacketMax = int64(n)
	case "analysers":
		for item := range strings.SplitSeq(v, ",") {
			id, w, _ := strings.Cut(item, ":")
			n, _ := strconv.Atoi(w)
			d.Analysers = append(d.Analysers, RunWeight{ID: id, Weight: int64(n)})
		}
	case "on_full":
		d.OnFull = v
	case "converge":
		d.ConvergeWithin = time.Duration(n) * time.Millisecond
	case "submit_timeout":
		s.run.Emitter.SubmitTimeout = time.Duration(n) * time.Millisecond
	case "retry_max":
		s.run.Emitter.RetryMax = time.Duration(n) * time.Millisecond
	case "window":
		d.Window = n
	case "disk_retry":
		s.run.Analyser.DiskRetry = time.Duration(n) * time.Millisecond
	case "workers":
		d.Workers = n
	case "failures":
		d.Detector.Failures = n
	case "persist":
		d.Persist = n > 0
	case "silence":
		d.Detector.SilenceMin = time.Duration(n) * time.Millisecond
	case "buffer":
		s.run.Emitter.BufferPackets = n
	case "retry_min":
		d.RetryMin = n
	case "tcp": // the clock error in ms
		s.run.World, s.run.ClockError = "tcp", time.Duration(n)*time.Millisecond
	default:
		s.t.Fatalf("script header %q", kv)
	}
}

// checkWatch judges a script.
func checkWatch(t testing.TB, text string, opt Options) *Verdict {
	t.Helper()
	run, files := parseWatch(t, text)
	v, err := Check(files, run, opt)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// watchOf returns the result of one property.
func watchOf(v *Verdict, id string) Result {
	for _, r := range v.Results {
		if r.ID == id {
			return r
		}
	}
	return Result{ID: id, Status: Unknown, Detail: "not judged"}
}

// failer is what a script needs of a test.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}
