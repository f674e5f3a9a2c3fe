package logcheck

import (
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
)

// genRun writes the log of a sound run of any length: e1 emits packets through d1's
// two workers to four analysers, some attempts are lost and tried again. It is
// generated file by file as it is read, so that a long one needs no memory.
type genRun struct {
	packets int
}

// genNodes are the files of the run.
var genNodes = []string{"a1", "a2", "a3", "a4", "d1", "e1", "faults"}

func genHeader() *Run {
	r := caseRun()
	r.Nodes = nil
	r.Distributor.Analysers = nil
	for _, n := range genNodes[:6] {
		role := map[byte]string{'a': "analyser", 'd': "distributor", 'e': "emitter"}[n[0]]
		r.Nodes = append(r.Nodes, RunNode{n, role})
		if n[0] == 'a' {
			r.Distributor.Analysers = append(r.Distributor.Analysers, RunWeight{n, 1})
		}
	}
	r.Distributor.Policy = "random" // the picks of this generator follow no policy
	r.Distributor.Workers = 2
	return &r
}

func (g genRun) List() ([]string, error) {
	var names []string
	for _, n := range genNodes {
		names = append(names, genPath(n))
	}
	return names, nil
}

func genPath(n string) string {
	if n == "faults" {
		return faultsName
	}
	return "logs/" + n + ".1.jsonl"
}

func (g genRun) Open(name string) (io.ReadCloser, error) {
	for _, n := range genNodes {
		if genPath(n) == name {
			f := &genFile{run: g, node: n}
			f.begin()
			return io.NopCloser(f), nil
		}
	}
	return nil, fmt.Errorf("no %s", name)
}

// mem writes the whole run into memory.
func (g genRun) mem() (Mem, int) {
	var m Mem
	records := 0
	for _, n := range genNodes {
		rc, _ := g.Open(genPath(n))
		b, _ := io.ReadAll(rc)
		m = append(m, MemFile{genPath(n), b})
		for _, c := range b {
			if c == '\n' {
				records++
			}
		}
	}
	return m, records
}

// genFile yields one file of the run.
type genFile struct {
	run  genRun
	node string
	buf  []byte
	sent int // bytes of buf already read
	crc  uint32
	next int // packet
	line int
	seq  map[string]int
	cs   int
	done bool
	t    int
}

func (f *genFile) Read(p []byte) (int, error) {
	for f.sent == len(f.buf) {
		if f.done {
			return 0, io.EOF
		}
		f.crc = crc32.Update(f.crc, castagnoli, f.buf)
		f.buf, f.sent = f.buf[:0], 0
		if f.next++; f.next <= f.run.packets {
			f.packet(f.next)
		} else {
			f.finish()
		}
	}
	n := copy(p, f.buf[f.sent:])
	f.sent += n
	return n, nil
}

func (f *genFile) begin() {
	f.seq = map[string]int{}
	role := map[byte]string{'a': "analyser", 'd': "distributor", 'e': "emitter", 'f': "faults"}[f.node[0]]
	f.rec("-", "log", `,"v":1,"node":"`+f.node+`","inc":1,"role":"`+role+`"`)
}

func (f *genFile) finish() {
	f.t = (f.run.packets + 2) * 1000
	if f.node == "faults" {
		f.rec("faults", "stopped", `,"why":"quiescent"`)
	}
	crc := crc32.Update(f.crc, castagnoli, f.buf)
	f.rec("-", "end", fmt.Sprintf(`,"n":%d,"crc":"%08x"`, f.line, crc))
	f.done = true
}

func (f *genFile) rec(actor, kind, keys string) {
	seq := 0
	if actor != "-" {
		f.seq[actor]++
		seq = f.seq[actor]
	}
	f.line++
	b := append(f.buf, `{"k":"`...)
	b = append(append(append(b, kind...), `","a":"`...), actor...)
	b = strconv.AppendInt(append(b, `","s":`...), int64(seq), 10)
	for _, k := range []string{`,"t":`, `,"m":`, `,"g":`} {
		b = strconv.AppendInt(append(b, k...), int64(f.t), 10)
	}
	f.buf = append(append(b, keys...), '}', '\n')
}

// packet writes this file's records about packet i. Every eighth packet loses its
// first attempt.
func (f *genFile) packet(i int) {
	base := i * 1000
	at := func(dt int, node, actor, kind, keys string) {
		if f.node == node {
			f.t = base + dt
			f.rec(actor, kind, keys)
		}
	}
	id := `,"id":"e1/1/` + strconv.Itoa(i) + `"`
	body := id + `,"n":2,"b":300,"h":"` + fmt.Sprintf("%08x", i) + `"`
	lo := `,"lo":` + strconv.Itoa(i)
	tok := func(n int) string { return `,"tok":` + strconv.Itoa(i*8+n) }
	w := "w" + strconv.Itoa(1+i%2)
	a := 1 + (i*7/3)%4
	msg := func(dt, n int, from, fa, to, ta, name, class, keys string, lost bool) {
		at(dt, from, fa, "send", tok(n)+`,"to":"`+to+`","ta":"`+ta+`","ti":1,"c":"`+class+`","msg":"`+name+`"`+keys)
		if lost {
			at(dt, "faults", "faults", "lost", `,"fr":"`+from+`","fi":1`+tok(n)+`,"to":"`+to+`","why":"loss"`)
			return
		}
		at(dt+5, to, ta, "recv", tok(n)+`,"fr":"`+from+`","fa":"`+fa+`","fi":1,"c":"`+class+`","msg":"`+name+`"`+keys)
	}
	at(1, "e1", "main", "emit", body)
	msg(2, 1, "e1", "main", "d1", "ingress", "submit", "data", body+lo, false)
	at(8, "d1", "ingress", "admit", id+`,"w":"`+w+`","q":1,"qb":300`)
	att, dt := 1, 10
	if i%8 == 0 {
		to := "a" + strconv.Itoa(1+a%4)
		msg(dt, 2, "d1", w, to, "main", "packet", "data", body+`,"att":1`+lo, true)
		at(200, "d1", w, "attempt_failed", id+`,"att":1,"to":"`+to+`","why":"timeout"`)
		at(201, "d1", w, "retry", id+`,"att":2,"wait":10`)
		att, dt = 2, 220
	}
	to := "a" + strconv.Itoa(a)
	msg(dt, 3, "d1", w, to, "main", "packet", "data", body+`,"att":`+strconv.Itoa(att)+lo, false)
	if f.node == to {
		f.cs++
	}
	at(dt+6, to, "main", "commit", id+`,"n":2,"h":"`+fmt.Sprintf("%08x", i)+`","cs":`+strconv.Itoa(f.cs)+`,"op":`+strconv.Itoa(i*8+4))
	at(dt+20, to, "main", "synced", tok(4)+`,"file":"log"`)
	msg(dt+21, 5, to, "main", "d1", w, "receipt", "ack", id+`,"att":`+strconv.Itoa(att)+`,"st":"committed"`, false)
	at(dt+27, "d1", w, "done", id+`,"att":`+strconv.Itoa(att)+`,"to":"`+to+`","st":"committed"`)
	msg(dt+28, 6, "d1", "ingress", "e1", "main", "result", "ack", id+`,"out":"committed"`, false)
	at(dt+34, "e1", "main", "outcome", id+`,"out":"acked"`)
}
