package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"weir/system/distributor"
	"weir/system/message"
)

// tableWithin is how long a node may take to tell its table, or to change it once.
const tableWithin = 30 * time.Second

// reloader reads a node's configuration again when it is told to. What it does not do,
// a restart does.
type reloader struct {
	s    *service
	role string
	args []string // of the command line, which win over the file
	want chan struct{}
	stop context.CancelFunc
	done chan struct{}
}

// newReloader begins to wait for requests.
func newReloader(s *service, role string, args []string) *reloader {
	ctx, stop := context.WithCancel(context.Background())
	r := &reloader{s: s, role: role, args: args, want: make(chan struct{}, 1), stop: stop, done: make(chan struct{})}
	go r.run(ctx)
	return r
}

// ask has the configuration read again; several requests at once are one.
func (r *reloader) ask() {
	select {
	case r.want <- struct{}{}:
	default:
	}
}

func (r *reloader) run(ctx context.Context) {
	defer close(r.done)
	r.tellTable(ctx)
	for {
		select {
		case <-r.want:
			r.reload(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// close ends it.
func (r *reloader) close() {
	if r != nil {
		r.stop()
		<-r.done
	}
}

// reload puts in force what the configuration says now, as far as that can change while
// the node runs.
func (r *reloader) reload(ctx context.Context) {
	c, err := parseConfig(r.role, r.args, io.Discard)
	if err != nil {
		r.s.log.Error("reload: the configuration is not valid, the running one stays", "err", err)
		return
	}
	now := r.s.cfg
	if levels[c.Logging.Level] != levels[now.Logging.Level] {
		r.s.level.Set(levels[c.Logging.Level])
	}
	if names := changed("", reflect.ValueOf(now).Elem(), reflect.ValueOf(c).Elem()); len(names) > 0 {
		r.s.log.Warn("reload: these settings changed and need a restart", "settings", strings.Join(names, " "))
	}
	now.Logging.Level = c.Logging.Level
	changes := 0
	if r.role == "distribute" {
		if err := r.meet(c); err != nil {
			r.s.log.Error("reload: an analyser's address is not known from now on", "err", err)
			return
		}
		if changes, err = r.changeTable(ctx, &c.Distributor); err != nil {
			r.s.log.Error("reload: the table is not the file's", "changes", changes, "err", err)
			return
		}
	}
	r.s.log.Info("reloaded", "log_level", r.s.level.Level().String(), "table_changes", changes)
}

// meet tells the transports the addresses of peers that are new.
func (r *reloader) meet(c *config) error {
	added := c.peers()
	for name := range r.s.cfg.Peers {
		delete(added, name)
	}
	if err := errors.Join(r.s.link.Meet(added), r.s.http.link.Meet(added)); err != nil {
		return err
	}
	for name := range added {
		r.s.cfg.Peers[name] = c.Peers[name]
	}
	return nil
}

// reloads are the settings that a reload puts in force; new peers too, see meet.
var reloads = []string{"log_level", "distributor.analysers", "distributor.drained"}

// changed lists the settings that differ, by their names in the file.
func changed(prefix string, a, b reflect.Value) (names []string) {
	for i := range a.NumField() {
		f := a.Type().Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "-" || !f.IsExported() || f.Name == "Inputs" && prefix != "" {
			continue
		}
		x, y := a.Field(i), b.Field(i)
		name = prefix + name
		if option == "inline" {
			names = append(names, changed(prefix, x, y)...)
			continue
		}
		if x.Kind() == reflect.Struct {
			names = append(names, changed(name+".", x, y)...)
			continue
		}
		if name == "peers" {
			names = append(names, movedPeers(x.Interface().(map[string]peer), y.Interface().(map[string]peer))...)
			continue
		}
		if !slices.Contains(reloads, name) && !reflect.DeepEqual(x.Interface(), y.Interface()) {
			names = append(names, name)
		}
	}
	return names
}

// movedPeers lists the peers whose address changed. One that is gone is only not used.
func movedPeers(now, next map[string]peer) (names []string) {
	for name, p := range next {
		if old, ok := now[name]; ok && old != p {
			names = append(names, "peers."+name)
		}
	}
	slices.Sort(names)
	return names
}

// table is the table in force, once there is one.
func (r *reloader) table(ctx context.Context) (*message.StateOK, error) {
	ctx, cancel := context.WithTimeout(ctx, tableWithin)
	defer cancel()
	for {
		s, err := allState(ctx, func(ctx context.Context, m *message.State) (*message.StateOK, error) {
			answer, err := r.s.local.ask(ctx, distributor.Supervisor, m)
			if err != nil {
				return nil, err
			}
			s, ok := answer.(*message.StateOK)
			if !ok || s.Why != "" {
				return nil, fmt.Errorf("the table is not told: %v", answer)
			}
			return s, nil
		})
		if err != nil || s.Version > 0 {
			return s, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, fmt.Errorf("no table is in force: %w", ctx.Err())
		}
	}
}

// changeTable makes the table in force that of the configuration, by one control
// document for each change, each for the version that the one before made: whoever
// changes the table meanwhile stops it.
func (r *reloader) changeTable(ctx context.Context, want *distributor.Config) (changes int, err error) {
	s, err := r.table(ctx)
	if err != nil {
		return 0, err
	}
	return inTurn(documentsFor(s.Analysers, want), s.Version, func(doc, text string) (uint64, error) {
		version, err := r.order(ctx, text)
		if err == nil {
			r.s.log.Info("reload: the table changed", "change", doc, "version", version)
		}
		return version, err
	})
}

// inTurn hands documents in one after another, each for the version that the one before
// made; text is the document with that. It ends with the first that is refused.
func inTurn(docs []string, version uint64, order func(doc, text string) (made uint64, err error)) (changes int, err error) {
	for _, doc := range docs {
		text := strings.TrimSuffix(doc, "}") + fmt.Sprintf(`,"if_version":%d}`, version)
		if version, err = order(doc, text); err != nil {
			return changes, err
		}
		changes++
	}
	return changes, nil
}

// order hands a document to the supervisor and returns the version that it made.
func (r *reloader) order(ctx context.Context, doc string) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, tableWithin)
	defer cancel()
	answer, err := r.s.local.ask(ctx, distributor.Supervisor, &message.Control{Doc: []byte(doc)})
	if err != nil {
		return 0, err
	}
	ok, is := answer.(*message.ControlOK)
	if !is || !ok.OK {
		return 0, fmt.Errorf("%s is refused: %s", doc, ok.Why)
	}
	return ok.Version, nil
}

// documentsFor are the documents that make a table that of a configuration: what comes
// before what goes, so that the table is never emptier than both. A configuration
// without analysers or without `drained` leaves those as they are.
func documentsFor(now []message.AnalyserState, want *distributor.Config) (docs []string) {
	if want.Analysers == nil {
		return nil
	}
	at := map[string]*message.AnalyserState{}
	for i := range now {
		at[now[i].ID] = &now[i]
	}
	add := func(op, id, more string) { docs = append(docs, fmt.Sprintf(`{"op":%q,"id":%q%s}`, op, id, more)) }
	var drains []string
	for _, a := range want.Analysers {
		weight := fmt.Sprintf(`,"weight":%d`, a.Weight)
		is := at[a.ID]
		switch {
		case is == nil && slices.Contains(want.Drained, a.ID): // it must not get anything before it is drained
			add("add", a.ID, `,"weight":0`)
			add("drain", a.ID, "")
			add("weight", a.ID, weight)
		case is == nil:
			add("add", a.ID, weight)
		case is.Weight != a.Weight:
			add("weight", a.ID, weight)
		}
		if is != nil && want.Drained != nil && is.Drained != slices.Contains(want.Drained, a.ID) {
			drains = append(drains, a.ID)
		}
	}
	for _, id := range drains {
		op := "drain"
		if at[id].Drained {
			op = "undrain"
		}
		add(op, id, "")
	}
	for _, a := range now {
		if !slices.ContainsFunc(want.Analysers, func(w distributor.Analyser) bool { return w.ID == a.ID }) {
			add("remove", a.ID, "")
		}
	}
	return docs
}

// tellTable says at the start which table is in force, and whether it is the
// configuration's: one that was changed while the node ran and kept on disk wins.
func (r *reloader) tellTable(ctx context.Context) {
	if r.role != "distribute" {
		return
	}
	s, err := r.table(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.s.log.Error("the table is not known", "err", err)
		}
		return
	}
	r.s.log.Info("table in force", "version", s.Version, "analysers", len(s.Analysers))
	if n := len(documentsFor(s.Analysers, &r.s.cfg.Distributor)); n > 0 {
		r.s.log.Warn("the table on disk is not the configuration's and stays in force; SIGHUP makes it so", "differences", n)
	}
}
