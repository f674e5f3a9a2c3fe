package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	nethttp "net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"weir/system/analyser"
	"weir/system/digest"
	"weir/system/node"
	"weir/system/store"
	"weir/system/transport/access"
	"weir/system/transport/tlsconf"
)

// Limits of reports.
const (
	digestMost   = 64 << 20 // bytes of a digest that a node sends
	storeMost    = 1 << 30  // bytes of a file of a store, as the node itself has it
	reportsMost  = 4096     // stores in one report
	reportRows   = 20       // of each table, unless told otherwise
	digestPath   = "/digest"
	digestType   = "application/octet-stream"
	missingInfo  = "%d messages are not in it: they were committed while no_results was set, or by a weir whose store kept no digest"
	damagedInfo  = "%d effects are damaged and not in it"
	nowhereInfo  = "no analyser's store: want store.bolt, snapshot, log.0 or log.1 in it; one of kind redis is asked for at the analyser's admin address, NAME@http://HOST:PORT"
	reportTarget = "want the --data folder of an analyser, or NAME@http://HOST:PORT, its admin address"
)

// reporting is what the command report is asked.
type reporting struct {
	of     []string
	output string
	rows   int
	cfg    *config
	token  string
}

// showReport prints what analysers' messages add up to.
func showReport(args []string, out, errw io.Writer) int {
	r := &reporting{cfg: &config{Peers: map[string]peer{}}}
	flags := newFlags("report", errw)
	file := flags.String("config", "", "an operator's configuration file, for its certificates")
	flags.StringVar(&r.token, "admin-token-file", "", "the file of the admin token")
	flags.StringVar(&r.output, "output", "text", "text or json")
	flags.IntVar(&r.rows, "rows", reportRows, "rows of each table; 0: all")
	for rest := args; ; rest = flags.Args()[1:] {
		if flags.Parse(rest) != nil {
			return exitUsage
		}
		if flags.NArg() == 0 {
			break
		}
		r.of = append(r.of, flags.Arg(0))
	}
	fail := func(code int, err error) int {
		fmt.Fprintf(errw, "weir-node report: %s\n", printable(err.Error()))
		return code
	}
	err := r.check()
	if err == nil && *file != "" {
		err = r.cfg.read(*file)
	}
	if err != nil {
		return fail(exitUsage, err)
	}
	all, notes, err := r.gather()
	if err != nil {
		return fail(exitInternal, err)
	}
	for _, note := range notes {
		fmt.Fprintf(errw, "weir-node report: %s\n", printable(note))
	}
	if r.output == "json" {
		err = printReportJSON(out, all.Report(), r.rows)
	} else {
		err = printReport(out, all.Report(), r.rows)
	}
	if err != nil {
		return fail(exitInternal, err)
	}
	return exitOK
}

func (r *reporting) check() error {
	switch {
	case len(r.of) == 0:
		return errors.New("of whom? " + reportTarget)
	case len(r.of) > reportsMost:
		return fmt.Errorf("%d stores: at most %d", len(r.of), reportsMost)
	case r.output != "text" && r.output != "json":
		return fmt.Errorf("--output %q: want text or json", r.output)
	case r.rows < 0:
		return fmt.Errorf("--rows %d: want 0 or more", r.rows)
	}
	seen := slices.Clone(r.of)
	slices.Sort(seen)
	for i := 1; i < len(seen); i++ {
		if seen[i] == seen[i-1] {
			return fmt.Errorf("%q stands twice: its messages would count twice", seen[i])
		}
	}
	return nil
}

// gather merges the digests of all.
func (r *reporting) gather() (all *digest.Digest, notes []string, err error) {
	all = digest.New(digest.Most)
	ctx, cancel := context.WithTimeout(context.Background(), stateWithin)
	defer cancel()
	for _, of := range r.of {
		var d *digest.Digest
		var more []string
		if name, addr, ok := strings.Cut(of, "@"); ok && (strings.HasPrefix(addr, "http://") || strings.HasPrefix(addr, "https://")) {
			d, more, err = r.ask(ctx, name, addr)
		} else {
			d, more, err = readDigest(of)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", of, err)
		}
		for _, m := range more {
			notes = append(notes, of+": "+m)
		}
		all.Merge(d)
	}
	return all, notes, nil
}

// readDigest reads the digest of a store in a folder, whose node may run meanwhile: the
// logs first, because what leaves them is in the snapshot before.
func readDigest(dir string) (*digest.Digest, []string, error) {
	var files store.Files
	var there bool
	for i, to := range []*[]byte{&files.Logs[0], &files.Logs[1], &files.Snapshot} {
		b, err := readAtMost(filepath.Join(dir, analyser.Files[i]), storeMost)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		*to, there = b, true
	}
	if path := filepath.Join(dir, boltFile); !there && exists(path) {
		d, missing, err := readBolt(path)
		return d, lacking(missing), err
	}
	if !there {
		return nil, nil, errors.New(nowhereInfo)
	}
	s := store.Recover(store.Limits{IDs: 1 << 24, Emitters: 1 << 20, Sources: 1 << 20, Results: &digest.Most}, files)
	d := s.Results()
	all := d.Total()
	notes := lacking(s.Totals().Messages - all.Messages())
	if n := s.Lost(); n > 0 {
		notes = append(notes, fmt.Sprintf(damagedInfo, n))
	}
	return d, notes, nil
}

// lacking says how many messages are not in a digest.
func lacking(missing uint64) []string {
	if missing == 0 {
		return nil
	}
	return []string{fmt.Sprintf(missingInfo, missing)}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func readAtMost(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("%s: more than %d bytes", name, most)
	}
	return b, err
}

// ask has a running analyser tell its digest.
func (r *reporting) ask(ctx context.Context, name, addr string) (*digest.Digest, []string, error) {
	if !node.ValidName(name) {
		return nil, nil, errors.New(reportTarget)
	}
	x, err := r.cfg.Security.open("operate", r.cfg.Name, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	if secret := strings.HasPrefix(addr, "https://"); secret != (x.files != nil) {
		return nil, nil, errors.New("with tls it is https://, without it http://")
	}
	token, err := x.readToken("admin token", cmp.Or(r.token, r.cfg.AdminTokenFile))
	if err != nil {
		return nil, nil, err
	}
	text, info, err := x.fetch(ctx, name, addr+digestPath, token)
	if err != nil {
		return nil, nil, err
	}
	d := digest.New(digest.Most)
	if err := d.Read(text); err != nil {
		return nil, nil, err
	}
	return d, info, nil
}

// fetch gets a path of an analyser's admin listener.
func (x *secure) fetch(ctx context.Context, name, url string, token *access.Token) (body []byte, notes []string, err error) {
	transport := &nethttp.Transport{
		DialContext:       func(ctx context.Context, _, a string) (net.Conn, error) { return x.dialer.Dial(ctx, a) },
		DisableKeepAlives: true, DisableCompression: true,
	}
	if x.files != nil {
		transport.TLSClientConfig = x.files.Client(name, tlsconf.Analyser)
	}
	client := &nethttp.Client{Transport: transport, CheckRedirect: func(*nethttp.Request, []*nethttp.Request) error { return nethttp.ErrUseLastResponse }}
	req, err := nethttp.NewRequestWithContext(ctx, nethttp.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	if token != nil {
		req.Header.Set("Authorization", token.Authorization())
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, digestMost+1))
	switch {
	case err != nil:
		return nil, nil, err
	case resp.StatusCode != nethttp.StatusOK || len(body) > digestMost:
		return nil, nil, fmt.Errorf("%s: %.300s", resp.Status, body)
	case resp.Header.Get("Content-Type") != digestType:
		return nil, nil, fmt.Errorf("its answer is %.100q, no digest", resp.Header.Get("Content-Type"))
	}
	return body, resp.Header.Values(digestNote), nil
}

// digestNote is the header with what a digest lacks.
const digestNote = "Weir-Note"

// serveDigest tells the digest of the analyser's store as it is on the disk, or at the
// server: what was acknowledged, and not what the actor has in hand.
func (w *watch) serveDigest(out nethttp.ResponseWriter, _ *nethttp.Request) {
	if w.s.cfg.Analyser.NoResults {
		say(out, nethttp.StatusNotFound, "there is no digest: no_results is set")
		return
	}
	var d *digest.Digest
	var notes []string
	var err error
	if w.s.store != nil {
		var missing uint64
		d, missing, err = w.s.store.Results()
		notes = lacking(missing)
	} else {
		d, notes, err = readDigest(w.s.cfg.Data)
	}
	if err != nil {
		w.s.log.Error("the digest cannot be read", "err", err)
		say(out, nethttp.StatusServiceUnavailable, "the store cannot be read")
		return
	}
	for _, n := range notes {
		out.Header().Add(digestNote, n)
	}
	out.Header().Set("Content-Type", digestType)
	out.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = out.Write(d.Append(nil))
}
