package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	nethttp "net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	rpc "google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"weir/system/message"
	"weir/system/node"
	"weir/system/transport"
	"weir/system/transport/grpc"
	"weir/system/transport/tlsconf"
	"weir/system/wire"
	"weir/system/wire/weirv1grpc"
)

// Limits of asking for a state.
const (
	stateWithin = 30 * time.Second // the whole
	statePages  = 4096             // parts of a table: no distributor has more
	stateText   = 8 << 20          // bytes of a part over HTTP
)

// asking is how one part of a table is asked for.
type asking func(ctx context.Context, m *message.State) (*message.StateOK, error)

// showState prints the state of a distributor.
func showState(args []string, out, errw io.Writer) int {
	flags := newFlags("state", errw)
	file := flags.String("config", "", "an operator's configuration file")
	token := flags.String("control-token-file", "", "the file of the control token")
	output := flags.String("output", "text", "text or json")
	usage := func(err error) int {
		fmt.Fprintf(errw, "weir-node state: %s\n", printable(err.Error()))
		return exitUsage
	}
	var who string
	for rest := args; ; rest = flags.Args()[1:] { // flags may stand before and after the name
		if flags.Parse(rest) != nil {
			return exitUsage
		}
		if flags.NArg() == 0 {
			break
		}
		if who != "" {
			return usage(fmt.Errorf("%q: one distributor is expected", flags.Arg(0)))
		}
		who = flags.Arg(0)
	}
	if *output != "text" && *output != "json" {
		return usage(fmt.Errorf("--output %q: want text or json", *output))
	}
	c := &config{Peers: map[string]peer{}}
	if *file != "" {
		if err := c.read(*file); err != nil {
			return usage(err)
		}
	}
	c.Security.TokenFile = cmp.Or(*token, c.Security.TokenFile)
	name, addr, err := c.whose(who)
	if err != nil {
		return usage(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), stateWithin)
	defer cancel()
	s, err := c.askState(ctx, name, addr)
	if err != nil {
		fmt.Fprintf(errw, "weir-node state: %s at %s: %s\n", name, printable(addr), printable(err.Error()))
		return exitInternal
	}
	if *output == "json" {
		err = printStateJSON(out, s)
	} else {
		err = printState(out, s)
	}
	if err != nil {
		fmt.Fprintf(errw, "weir-node state: %s\n", printable(err.Error()))
		return exitInternal
	}
	return exitOK
}

// whose is the name and the control address of a distributor: NAME@ADDR, or NAME if the
// configuration has its address.
func (c *config) whose(who string) (name, addr string, err error) {
	name, addr, ok := strings.Cut(who, "@")
	if !ok {
		addr = c.Peers[name].Control
	}
	host, _ := transport.HTTP(addr)
	if _, _, bad := net.SplitHostPort(host); !node.ValidName(name) || bad != nil {
		return "", "", fmt.Errorf("%q: want NAME@HOST:PORT or NAME@http://HOST:PORT, or a NAME of which --config has peers: {NAME: {control: ADDRESS}}", who)
	}
	if secret := strings.HasPrefix(addr, "https://"); host != addr && secret != (c.Security.TLS != nil) {
		return "", "", fmt.Errorf("%q: with tls it is https://, without it http://", addr)
	}
	return name, addr, nil
}

// askState asks for all parts of the table.
func (c *config) askState(ctx context.Context, name, addr string) (*message.StateOK, error) {
	x, err := c.Security.open("operate", c.Name, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	var ask asking
	if _, ok := transport.HTTP(addr); ok {
		ask = x.stateHTTP(name, addr)
	} else {
		conn, err := x.connect(name, addr)
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		ask = stateGRPC(weirv1grpc.NewControlServiceClient(conn))
	}
	return allState(ctx, ask)
}

// allState puts the parts together. The numbers of workers are those of the last part.
func allState(ctx context.Context, ask asking) (*message.StateOK, error) {
	all := &message.StateOK{}
	after := ""
	for range statePages {
		part, err := ask(ctx, &message.State{After: after})
		if err != nil {
			return nil, err
		}
		all.Version, all.Workers, all.Silent = part.Version, part.Workers, max(all.Silent, part.Silent)
		all.Analysers = append(all.Analysers, part.Analysers...)
		if !part.More {
			return all, nil
		}
		if n := len(part.Analysers); n == 0 || part.Analysers[n-1].ID <= after {
			return nil, errors.New("the distributor's answer does not go on")
		}
		after = part.Analysers[len(part.Analysers)-1].ID
	}
	return nil, fmt.Errorf("the distributor's table has more than %d parts", statePages)
}

// connect opens a connection to the control listener of a distributor.
func (x *secure) connect(name, addr string) (*rpc.ClientConn, error) {
	creds := insecure.NewCredentials()
	if x.files != nil {
		creds = credentials.NewTLS(x.files.Client(name, tlsconf.Distributor))
	}
	options := []rpc.DialOption{rpc.WithTransportCredentials(creds), rpc.WithContextDialer(x.dialer.Dial), rpc.WithNoProxy()}
	if x.token != nil {
		options = append(options, rpc.WithPerRPCCredentials(grpc.Present(x.token)))
	}
	return rpc.NewClient("passthrough:///"+addr, options...)
}

func stateGRPC(client weirv1grpc.ControlServiceClient) asking {
	return func(ctx context.Context, m *message.State) (*message.StateOK, error) {
		w, err := wire.PackState(m)
		if err != nil {
			return nil, err
		}
		answer, err := client.State(ctx, w)
		if err != nil {
			return nil, err
		}
		return wire.UnpackStateOK(answer)
	}
}

func (x *secure) stateHTTP(name, addr string) asking {
	transport := &nethttp.Transport{
		DialContext:       func(ctx context.Context, _, a string) (net.Conn, error) { return x.dialer.Dial(ctx, a) },
		DisableKeepAlives: true, DisableCompression: true,
	}
	if x.files != nil {
		transport.TLSClientConfig = x.files.Client(name, tlsconf.Distributor)
	}
	client := &nethttp.Client{Transport: transport, CheckRedirect: func(*nethttp.Request, []*nethttp.Request) error { return nethttp.ErrUseLastResponse }}
	return func(ctx context.Context, m *message.State) (*message.StateOK, error) {
		req, err := nethttp.NewRequestWithContext(ctx, nethttp.MethodGet, addr+"/v1/state?after="+url.QueryEscape(m.After), nil)
		if err != nil {
			return nil, err
		}
		if x.token != nil {
			req.Header.Set("Authorization", x.token.Authorization())
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(io.LimitReader(resp.Body, stateText+1))
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != nethttp.StatusOK || len(text) > stateText {
			return nil, fmt.Errorf("%s: %.300s", resp.Status, text)
		}
		var w wire.JSONStateOK
		if err := wire.DecodeJSON(text, &w); err != nil {
			return nil, err
		}
		return w.Unpack()
	}
}

func printStateJSON(out io.Writer, s *message.StateOK) error {
	form, err := wire.PackStateOKJSON(s)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(form)
}

// printState prints a line for each analyser.
func printState(out io.Writer, s *message.StateOK) error {
	fmt.Fprintf(out, "table version %d, %d workers", s.Version, s.Workers)
	if s.Silent > 0 {
		fmt.Fprintf(out, ", of which %d did not answer: the sums lack theirs", s.Silent)
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "analyser\taddress\tweight\tdrained\twanted\tin flight\tdecided\tdelivered\tworkers")
	for i := range s.Analysers {
		a := &s.Analysers[i]
		drained := "no"
		if a.Drained {
			drained = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%.2f %%\t%d\t%d\t%d\t%s\n", a.ID, cmp.Or(printable(a.Address), "-"), a.Weight, drained,
			float64(a.Wanted)/(1<<32)*100, a.InFlight, a.Decided, a.Delivered, opinions(a.Workers))
	}
	return w.Flush()
}

// opinions counts what the workers say: "3 up, 1 down".
func opinions(all []message.WorkerState) string {
	count := map[string]int{}
	for _, w := range all {
		count[w.Status]++
	}
	var parts []string
	for _, status := range []string{"up", "down", "full", "drain", ""} {
		if n := count[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, cmp.Or(status, "unknown")))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "-")
}
