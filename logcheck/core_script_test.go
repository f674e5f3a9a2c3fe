package logcheck

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A caseScript is a small run in a readable form, for the cases in testdata. Each line
// is one event, in true order:
//
//	100 e1.1/main emit id=e1/1/1 n=2 b=20 h:000000aa     a record (key=value; key:value is always a string)
//	101 e1.1/main -> d1.1/ingress s1 submit id=e1/1/1 ... a send, named s1
//	102 recv s1                                           its receipt (also: fail, drop, lost, twice)
//	103 fault do=crash n=a1 inc=1                         a record of the fault file (also: phase, noeffect, stopped)
//	104 flow e1/1/1 a1.1                                  a whole packet: emit to outcome, 14 records
//	105 give e1/1/2 w1                                    it is submitted to d1.1 and given to its worker
//	- crashed a1.1                                        this file has no end line
//	- raw a1.1 text                                       a line as it stands; \n is a newline
//	- expect FILE:LINE                                    the witness holds a line that a flow wrote
//	- spoolage 50                                         what a spool holds expires after 50 ns
//	- begin a1.2 300                                      the file begins at that time (default 0)
//
// A line that ends in " <-" is expected in the witness.
type caseScript struct {
	t       testing.TB
	run     Run
	files   []*caseFile
	sends   map[string]*caseSend
	g       uint64
	now     int64
	latest  int64
	stopped bool
	witness []string // file:line
	mark    bool
}

type caseFile struct {
	name    string // node.inc or faults
	b       strings.Builder
	lines   int
	seq     map[string]int
	tok     int
	crashed bool
}

type caseSend struct {
	from, to, actor, toActor string
	tok                      int
	msg, keys                string
}

var caseClass = map[string]string{"submit": "data", "packet": "data", "result": "ack", "receipt": "ack",
	"probe": "probe", "probe_ok": "probe", "control": "control", "control_ok": "control", "state": "control", "state_ok": "control"}

// caseRun is the header that scripts begin with; a case may change it.
func caseRun() Run {
	return Run{Format: 1, Scenario: "script", Seed: "0x1", World: "sim",
		Nodes:     []RunNode{{"e1", "emitter"}, {"d1", "distributor"}, {"a1", "analyser"}, {"a2", "analyser"}},
		SettleMax: 1000,
		Distributor: RunDistributor{Policy: "deficit", State: "local", Workers: 1, PacketMax: 10, Window: 8,
			Analysers: []RunWeight{{"a1", 1}, {"a2", 1}}, OnFull: "skip", AttemptTimeout: 100, AttemptsMax: 3,
			BackoffBase: 10, BackoffMax: 100, QueueItems: 10, QueueBytes: 1000,
			Detector: RunDetector{Kind: "threshold", Interval: 10, Timeout: 5, Failures: 2, Successes: 2, DataFailures: 2,
				DownInterval: 10, Pause: 50, DetectMax: 50, RecoverMax: 50}},
		Emitter: RunEmitter{BufferPackets: 8, RetryMax: 100}, Analyser: RunAnalyser{Ack: "synced"}, Expect: "pass"}
}

// parseCase builds the run.
func parseCase(t testing.TB, text string) (Mem, *Run, []string) {
	t.Helper()
	s := &caseScript{t: t, run: caseRun(), sends: map[string]*caseSend{}}
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '{' {
			if err := json.Unmarshal([]byte(line), &s.run); err != nil {
				t.Fatalf("header %s: %v", line, err)
			}
			continue
		}
		s.line(line)
	}
	s.now = s.latest
	if !s.stopped {
		s.g++
		s.mark = false
		s.write(s.file("faults"), "faults", "stopped", "why=quiescent")
	}
	var m Mem
	for _, f := range s.files {
		m = append(m, MemFile{f.path(), s.close(f)})
	}
	slices.Sort(s.witness)
	return m, &s.run, s.witness
}

func (f *caseFile) path() string {
	if f.name == "faults" {
		return faultsName
	}
	return "logs/" + f.name + ".jsonl"
}

func (s *caseScript) close(f *caseFile) []byte {
	if !f.crashed {
		crc := crc32.Checksum([]byte(f.b.String()), crc32.MakeTable(crc32.Castagnoli))
		fmt.Fprintf(&f.b, `{"k":"end","a":"-","s":0,"t":%d,"m":%d,"g":%d,"n":%d,"crc":"%08x"}`+"\n", s.now, s.now, s.g, f.lines, crc)
	}
	return []byte(f.b.String())
}

// file returns the file node.inc, begun on first use.
func (s *caseScript) file(name string) *caseFile {
	for _, f := range s.files {
		if f.name == name {
			return f
		}
	}
	f := &caseFile{name: name, seq: map[string]int{}, tok: 1000}
	s.files = append(s.files, f)
	node, inc, role := name, "1", "faults"
	if name != "faults" {
		dot := strings.LastIndexByte(name, '.')
		node, inc = name[:dot], name[dot+1:]
		for _, n := range s.run.Nodes {
			if n.Name == node {
				role = n.Role
			}
		}
	}
	s.write(f, "-", "log", fmt.Sprintf("v=1 node=%s inc=%s role=%s", node, inc, role))
	return f
}

// write appends one record.
func (s *caseScript) write(f *caseFile, actor, kind, keys string) {
	seq, g := 0, s.g
	s.latest = max(s.latest, s.now)
	if actor != "-" {
		f.seq[actor]++
		seq = f.seq[actor]
	}
	if s.run.World == "tcp" {
		g = 0
	}
	f.lines++
	if s.mark && kind != "log" {
		s.witness = append(s.witness, fmt.Sprintf("%s:%d", f.path(), f.lines))
	}
	fmt.Fprintf(&f.b, `{"k":%q,"a":%q,"s":%d,"t":%d,"m":%d,"g":%d`, kind, actor, seq, s.now, s.now, g)
	for _, kv := range strings.Fields(keys) {
		i := strings.IndexAny(kv, "=:")
		if i < 0 {
			s.t.Fatalf("script: no key=value: %q in %s", kv, keys)
		}
		_, err := strconv.ParseUint(strings.TrimPrefix(kv[i+1:], "-"), 10, 64)
		if v := kv[i+1:]; kv[i] == '=' && (err == nil || v == "true" || v == "false") {
			fmt.Fprintf(&f.b, `,%q:%s`, kv[:i], v)
		} else {
			fmt.Fprintf(&f.b, `,%q:%q`, kv[:i], v)
		}
	}
	f.b.WriteString("}\n")
}

func (s *caseScript) line(line string) {
	line, s.mark = strings.CutSuffix(line, " <-")
	f := strings.Fields(line)
	if f[0] == "-" {
		s.directive(f, line)
		return
	}
	t, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil {
		s.t.Fatalf("script: %q", line)
	}
	s.now = t
	s.g++
	rest := strings.Join(f[2:], " ")
	switch f[1] {
	case "fault", "phase", "noeffect", "stopped":
		s.stopped = s.stopped || f[1] == "stopped"
		s.write(s.file("faults"), "faults", f[1], rest)
	case "give":
		s.give(f[2], f[3])
	case "flow":
		s.flow(f[2], f[3])
	case "recv", "fail", "drop", "lost", "twice":
		s.fate(f[1], f[2], strings.Join(f[3:], " "))
	default:
		file, actor, ok := strings.Cut(f[1], "/")
		if !ok {
			s.t.Fatalf("script: %q", line)
		}
		if f[2] == "->" {
			s.send(file, actor, f[3], f[4], f[5], strings.Join(f[6:], " "))
			return
		}
		s.write(s.file(file), actor, f[2], strings.Join(f[3:], " "))
	}
}

func (s *caseScript) directive(f []string, line string) {
	switch f[1] {
	case "expect":
		s.witness = append(s.witness, f[2])
	case "spoolage":
		age, _ := strconv.ParseInt(f[2], 10, 64)
		s.run.Distributor.SpoolAge = time.Duration(age)
	case "crashed":
		s.file(f[2]).crashed = true
	case "begin":
		t, _ := strconv.ParseInt(f[3], 10, 64)
		s.now = t
		s.file(f[2])
	case "raw":
		file := s.file(f[2])
		file.lines++
		if s.mark {
			s.witness = append(s.witness, fmt.Sprintf("%s:%d", file.path(), file.lines))
		}
		text := strings.TrimPrefix(line, "- raw "+f[2]+" ")
		file.b.WriteString(strings.ReplaceAll(text, `\n`, "\n"))
	default:
		s.t.Fatalf("script: %q", line)
	}
}

func (s *caseScript) send(file, actor, to, name, msg, keys string) {
	f := s.file(file)
	f.tok++
	toFile, toActor, _ := strings.Cut(to, "/")
	toNode, toInc, _ := strings.Cut(toFile, ".")
	s.sends[name] = &caseSend{from: file, to: toFile, actor: actor, toActor: toActor, tok: f.tok, msg: msg, keys: keys}
	s.write(f, actor, "send", fmt.Sprintf("tok=%d to=%s ta=%s ti=%s c=%s msg=%s %s", f.tok, toNode, toActor, toInc, caseClass[msg], msg, keys))
}

// fate writes what became of a send.
func (s *caseScript) fate(what, name, keys string) {
	m := s.sends[name]
	if m == nil {
		s.t.Fatalf("script: no send %q", name)
	}
	node, inc, _ := strings.Cut(m.from, ".")
	to, _, _ := strings.Cut(m.to, ".")
	ref := fmt.Sprintf("fr=%s fi=%s tok=%d", node, inc, m.tok)
	switch what {
	case "recv":
		if keys == "" {
			keys = m.keys
		}
		s.write(s.file(m.to), m.toActor, "recv", fmt.Sprintf("tok=%d fr=%s fa=%s fi=%s c=%s msg=%s %s",
			m.tok, node, m.actor, inc, caseClass[m.msg], m.msg, keys))
	case "drop":
		s.write(s.file(m.to), m.toActor, "drop", ref+" "+keys)
	case "fail":
		s.write(s.file(m.from), m.actor, "fail", fmt.Sprintf("tok=%d %s", m.tok, keys))
	case "lost":
		s.write(s.file("faults"), "faults", "lost", ref+" to="+to+" "+keys)
	case "twice":
		s.write(s.file("faults"), "faults", "dup", ref+" to="+to+" n=1")
	}
}

// give writes the way of a packet of two messages with hash aa to a worker of d1.1.
func (s *caseScript) give(id, worker string) {
	source, rest, _ := strings.Cut(id, "/")
	inc, _, _ := strings.Cut(rest, "/")
	for _, step := range []string{
		source + "." + inc + "/main -> d1.1/ingress " + id + "g submit id=" + id + " n=2 b=20 h:000000aa",
		"recv " + id + "g",
		"d1.1/ingress admit id=" + id + " w=" + worker + " q=1 qb=20",
	} {
		s.line(fmt.Sprintf("%d %s", s.now, step))
	}
}

// flow writes the whole life of one packet through d1.1 and an analyser.
func (s *caseScript) flow(id, analyser string) {
	emitter, _, _ := strings.Cut(id, "/")
	rest := strings.Split(id, "/")
	seq, _ := strconv.Atoi(rest[2])
	e, body := emitter+"."+rest[1], fmt.Sprintf("id=%s n=2 b=20 h:%08x", id, seq)
	node, _, _ := strings.Cut(analyser, ".")
	commits := strings.Count(s.file(analyser).b.String(), `"k":"commit"`) + 1
	op := s.file(analyser).lines
	steps := []string{
		e + "/main emit " + body,
		e + "/main -> d1.1/ingress " + id + "s submit " + body + fmt.Sprintf(" lo=%d", seq),
		"recv " + id + "s",
		"d1.1/ingress admit id=" + id + " w=w1 q=1 qb=20",
		"d1.1/w1 -> " + analyser + "/main " + id + "p packet " + body + fmt.Sprintf(" att=1 lo=%d", seq),
		"recv " + id + "p",
		analyser + "/main commit " + fmt.Sprintf("id=%s n=2 h:%08x cs=%d op=%d", id, seq, commits, op),
		analyser + "/main synced " + fmt.Sprintf("tok=%d file=log", op),
		analyser + "/main -> d1.1/w1 " + id + "c receipt id=" + id + " att=1 st=committed",
		"recv " + id + "c",
		"d1.1/w1 done id=" + id + " att=1 to=" + node + " st=committed",
		"d1.1/ingress -> " + e + "/main " + id + "r result id=" + id + " out=committed",
		"recv " + id + "r",
		e + "/main outcome id=" + id + " out=acked",
	}
	for _, step := range steps {
		s.line(fmt.Sprintf("%d %s", s.now+1, step))
	}
}
