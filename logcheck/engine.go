package logcheck

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

const faultsName = "faults.jsonl"

// engine is one check: it drives the merged order through the shared state and
// the rules.
type engine struct {
	ctx     *Context
	src     Source
	opt     Options
	form    formJudge
	merge   *merger
	ledger  *ledger
	flights *flights
	rules   []Rule
	byKind  [kindCount][]Rule
	closers []io.Closer
	records int64
	oneIn   uint64 // the logs have one packet in so many; below 2: all
	end     End
}

// Check judges the run that src holds. The error says that there was nothing to
// judge: an invalid header, too many files, a file that cannot be read. Bad logs
// are no error: they get a verdict. Time O(records log files).
func Check(src Source, run *Run, opt Options) (*Verdict, error) {
	if err := run.Validate(); err != nil {
		return nil, fmt.Errorf("logcheck: run.json: %w", err)
	}
	e := &engine{src: src, opt: opt}
	defer e.close()
	if what, err := missing(src); err != nil {
		return nil, err
	} else if what != "" {
		return undecided(run, opt, "the log is incomplete: "+what), nil
	}
	readers, err := e.open(run)
	if err != nil {
		return nil, err
	}
	if e.merge, err = newMerger(readers, e.ctx.ClockError); err != nil {
		return nil, err
	}
	why := ""
	if e.oneIn, why = sampleOf(e.ctx.Files); why != "" {
		return undecided(run, opt, why), nil
	}
	e.addRules()
	for r := e.merge.top(); r != nil; r = e.merge.top() {
		e.feed(r)
		if err := e.merge.pop(); err != nil {
			return nil, err
		}
	}
	return e.finish()
}

func (e *engine) close() {
	for _, c := range e.closers {
		c.Close()
	}
}

// open makes the context and a reader for each file, in the order of files.
func (e *engine) open(run *Run) ([]*reader, error) {
	list, err := e.src.List()
	if err != nil {
		return nil, err
	}
	e.ctx = &Context{Run: run, Names: NewNames(), ClockError: int64(run.ClockError), report: e.opt.Report}
	e.form = formJudge{h2: Tally{Name: "H2"}, h6: Tally{Name: "H6"}, h7: Tally{Name: "H7"}}
	files, err := e.files(list)
	if err != nil {
		return nil, err
	}
	e.ctx.Files = files
	if err := e.openScrapes(list); err != nil {
		return nil, err
	}
	e.ctx.Truth = newTruth(e.ctx)
	e.flights = newFlights(files, run.World == "tcp")
	e.ledger = newLedger(e.ctx)
	e.ctx.flights, e.ctx.ledger = e.flights, e.ledger
	e.ctx.actors = newActorTable(files)
	chunk := 256 << 10
	if len(files) > 64 {
		chunk = 16 << 10
	}
	readers := make([]*reader, 0, len(files))
	for _, f := range files {
		rd := &reader{file: f, j: &e.form}
		rd.rec.names, rd.rec.File = e.ctx.Names, f
		if m, ok := e.src.(interface{ data(string) ([]byte, bool) }); ok {
			rd.buf, _ = m.data(f.Name)
			rd.end, rd.eof = len(rd.buf), true
		} else {
			rc, err := e.src.Open(f.Name)
			if err != nil {
				return nil, err
			}
			e.closers = append(e.closers, rc)
			rd.src, rd.buf = rc, make([]byte, chunk)
		}
		readers = append(readers, rd)
	}
	return readers, nil
}

// files turns the list of paths into the files of the run, in order: node files by
// name and incarnation, the fault file last. Other paths are ignored.
func (e *engine) files(list []string) ([]*File, error) {
	var files []*File
	for _, name := range list {
		f := &File{Name: name}
		if name == faultsName {
			f.Faults, f.Inc, f.Node = true, 1, e.ctx.Names.InternString("faults")
			files = append(files, f)
			continue
		}
		base, ok := strings.CutPrefix(name, "logs/")
		base, ok2 := strings.CutSuffix(base, ".jsonl")
		dot := strings.LastIndexByte(base, '.')
		if !ok || !ok2 || dot < 0 || strings.ContainsRune(base, '/') {
			continue
		}
		inc, err := strconv.ParseUint(base[dot+1:], 10, 32)
		if err != nil || inc == 0 || !validName([]byte(base[:dot])) || strconv.FormatUint(inc, 10) != base[dot+1:] {
			e.form.h2.Failf(nil, "file name %q is not node.incarnation.jsonl", Sanitise(name))
			continue
		}
		f.Node, f.Inc = e.ctx.Names.InternString(base[:dot]), uint32(inc)
		files = append(files, f)
	}
	if len(files) > filesMax {
		return nil, fmt.Errorf("logcheck: %d files, at most %d", len(files), filesMax)
	}
	n := e.ctx.Names
	slices.SortFunc(files, func(a, b *File) int {
		if a.Faults != b.Faults {
			if a.Faults {
				return 1
			}
			return -1
		}
		if c := strings.Compare(n.Name(a.Node), n.Name(b.Node)); c != 0 {
			return c
		}
		return int(int64(a.Inc) - int64(b.Inc))
	})
	for i, f := range files {
		if f.Index = i; i > 0 && files[i-1].Name == f.Name {
			return nil, errors.New("logcheck: a file is listed twice: " + Sanitise(f.Name))
		}
	}
	return files, nil
}

// addRules makes the rules that are asked for and sorts them by the kinds they
// want.
func (e *engine) addRules() {
	for _, f := range families() {
		if e.opt.wanted(f.ids) || f.ids[0] == harnessIDs[0] {
			e.rules = append(e.rules, f.make(e.ctx)...)
		}
	}
	for _, make := range e.opt.Custom {
		e.rules = append(e.rules, make(e.ctx))
	}
	for _, rule := range e.rules {
		set := rule.Kinds()
		for k := Kind(1); k < kindCount; k++ {
			if set.Has(k) {
				e.byKind[k] = append(e.byKind[k], rule)
			}
		}
	}
}

// feed passes one record: first the shared state, then the rules.
func (e *engine) feed(r *Record) {
	e.records++
	e.ctx.Truth.now = max(e.ctx.Truth.now, r.T)
	r.Who = e.ctx.actors.who(r.File, r.Actor)
	switch r.Kind {
	case KindLog:
		e.ctx.Truth.newest[r.File.Node] = r.File.Inc
	case KindEnd:
	default:
		e.sequence(r)
	}
	e.flights.track(r)
	if r.idOK {
		e.sampled(r)
		e.ledger.resolve(r)
	}
	if r.File.Faults {
		e.ctx.Truth.apply(r)
		if r.Kind == KindStopped {
			e.end.Why = r.Str(KeyWhy)
		}
	} else if r.Kind == KindCounter {
		e.observer(r)
	}
	for _, rule := range e.byKind[r.Kind] {
		rule.Feed(r)
	}
}

// sequence judges H2's gapless numbers.
func (e *engine) sequence(r *Record) {
	a := &e.ctx.actors.list[r.Who]
	e.form.h2.Judged++
	if a.seq++; r.Seq != a.seq {
		e.form.h2.Failf([]Ref{r.Ref()}, "%s: actor %s has record number %d where %d must come",
			r.File.Name, e.ctx.Names.Name(r.Actor), r.Seq, a.seq)
		a.seq = r.Seq
	}
	switch {
	case a.stop.set():
		e.form.h2.Failf([]Ref{a.stop.ref(), r.Ref()}, "%s: a record of actor %s after its stop", r.File.Name, e.ctx.Names.Name(r.Actor))
	case r.Kind == KindStart && r.Seq != 1:
		e.form.h2.Failf([]Ref{r.Ref()}, "%s: the start of actor %s is not its first record", r.File.Name, e.ctx.Names.Name(r.Actor))
	case r.Kind == KindStop:
		a.stop = r.place()
	}
}

// observer judges H7's counter of records that the logger itself dropped.
func (e *engine) observer(r *Record) {
	if r.Is(KeyName, "log_dropped") && r.Int(KeyVal) > 0 {
		e.form.h7.Failf([]Ref{r.Ref()}, "%s: the logger dropped %d records", r.File.Name, r.Int(KeyVal))
	}
}
