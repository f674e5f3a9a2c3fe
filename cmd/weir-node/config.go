package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"weir/system/analyser"
	"weir/system/distributor"
	"weir/system/emitter"
	"weir/system/node"
	"weir/system/operator"
	"weir/system/transport"
)

// configMax bounds a configuration file in bytes.
const configMax = 1 << 20

// config is a node as its YAML file and flags describe it.
type config struct {
	// Name is the node's name, [A-Za-z0-9._-]{1,64}. Required.
	Name string `yaml:"name"`
	// Listen is where a distributor takes packets, or an analyser packets and probes
	// over gRPC: host:port. Default (empty): nowhere.
	Listen string `yaml:"listen"`
	// Control is where a distributor or an emitter takes control documents. Default
	// (empty): nowhere.
	Control string `yaml:"control"`
	// Admin is where metrics, health and profiles are served: host:port of a loopback
	// address; of any, with tls or a token. Default (empty): nowhere.
	Admin string `yaml:"admin"`
	// AdminTokenFile is the file with the bearer token, of at least 16 bytes, that
	// metrics and profiles ask for. Default (empty): none.
	AdminTokenFile string `yaml:"admin_token_file"`
	// HTTPListen is where the same is taken as JSON over HTTP. Default (empty): nowhere.
	// A distributor or an analyser needs one of the two addresses.
	HTTPListen string `yaml:"http_listen"`
	// HTTPControl is Control over HTTP. Default (empty): nowhere.
	HTTPControl string `yaml:"http_control"`
	// Data is the folder of the node's durable files. Required.
	Data string `yaml:"data"`
	// Log is the folder of the event logs. Default (empty): none are written.
	Log string `yaml:"log"`
	// EventLog says how much of it is written, and into which files.
	EventLog eventLog `yaml:"event_log"`
	// Peers says where other nodes listen: an emitter's distributors, a distributor's
	// analysers, by name: host:port for gRPC, http://host:port for HTTP, https://host:port
	// for that with tls.
	Peers map[string]peer `yaml:"peers"`
	// Memberlist has a distributor of a cluster watch which others are there.
	Memberlist members `yaml:"memberlist"`
	// Inputs are the log files that an emitter reads, once each, to their ends. Default
	// (none): its sources, or the emitter's generator. "-" is standard input. An emitter
	// with inputs from flags ends when all of them have their outcomes, another when
	// emitter.exit_drained says so; one that follows files or listens does not.
	Inputs []string `yaml:"inputs"`
	// Sources are an emitter's other ways in; their fields stand beside these.
	Sources sources `yaml:",inline"`
	// Epoch is when world time was zero, in Unix nanoseconds, for a run that is judged.
	// Default (0): the node's start.
	Epoch int64 `yaml:"epoch"`
	// Incarnation is the number of this life of the node. Default (0): one more than the
	// last that the data folder knows.
	Incarnation uint32 `yaml:"incarnation"`
	// Lifeline ends the node at once when its standard input ends: whoever started it is
	// gone. Default (false): standard input is left alone.
	Lifeline bool `yaml:"lifeline"`
	// StopWithin is how long an orderly stop may take, 1 ms to 24 h; then the node ends at
	// once, as at a second signal. The role's drain_max should be less. Default (0): 30 s.
	StopWithin time.Duration `yaml:"stop_within"`
	// Seed seeds the node's random streams. Default (0): the machine's entropy.
	Seed uint64 `yaml:"seed"`

	// Logging is what the node tells on standard error.
	Logging logging `yaml:",inline"`

	// Security is who may do what with the node; its fields stand beside these.
	Security security `yaml:",inline"`

	// The role's own configuration: the one of the command counts.
	Distributor distributor.Config `yaml:"distributor"`
	Analyser    analyser.Config    `yaml:"analyser"`
	// Store is where an analyser keeps its effects.
	Store    storeConfig     `yaml:"store"`
	Emitter  emitter.Config  `yaml:"emitter"`
	Operator operator.Config `yaml:"operator"`
}

// peer is where a node listens: an address for everything, or one for each kind of
// traffic.
type peer struct {
	Data    string `yaml:"data"`
	Probe   string `yaml:"probe"`
	Control string `yaml:"control"`
}

// UnmarshalYAML takes an address in place of the mapping.
func (p *peer) UnmarshalYAML(unmarshal func(any) error) error {
	if unmarshal(&p.Data) == nil {
		return nil
	}
	type plain peer
	return unmarshal((*plain)(p))
}

// parseConfig reads the command line of a role.
func parseConfig(role string, args []string, errw io.Writer) (*config, error) {
	flags := newFlags(role, errw)
	file := flags.String("config", "", "the configuration file")
	incarnation := flags.Uint("incarnation", 0, "the number of this life")
	var logLevel, logFormat, eventLog string
	flags.StringVar(&eventLog, "event-log", "", "full, sampled or off")
	flags.StringVar(&logLevel, "log-level", "", "the least level that is told")
	flags.StringVar(&logFormat, "log-format", "", "text or json")
	var name, listen, control, admin, controlToken, adminToken, httpListen, httpControl, data, log string
	flags.StringVar(&controlToken, "control-token-file", "", "the file of the control token")
	flags.StringVar(&name, "name", "", "the node's name")
	flags.StringVar(&listen, "listen", "", "the address for packets")
	flags.StringVar(&control, "control", "", "the address for control documents")
	flags.StringVar(&admin, "admin", "", "the address for metrics and profiles")
	flags.StringVar(&adminToken, "admin-token-file", "", "the file with the token for them")
	flags.StringVar(&httpListen, "http-listen", "", "the address for packets over HTTP")
	flags.StringVar(&httpControl, "http-control", "", "the address for control documents over HTTP")
	flags.StringVar(&data, "data", "", "the folder of durable files")
	flags.StringVar(&log, "log", "", "the folder of event logs")
	var analysers, to, inputs list
	flags.Var(&analysers, "analyser", "ID=WEIGHT@ADDR")
	flags.Var(&to, "to", "NAME@ADDR of a distributor")
	flags.Var(&inputs, "input", "a log file")
	sources := sourceFlags(flags)
	if err := flags.Parse(args); err != nil {
		return nil, errHelp
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("%q: only flags are expected", flags.Arg(0))
	}
	c := &config{Peers: map[string]peer{}}
	if *file != "" {
		if err := c.read(*file); err != nil {
			return nil, err
		}
	}
	for _, f := range []struct {
		to   *string
		flag string
	}{
		{&c.Name, name}, {&c.Listen, listen}, {&c.Control, control}, {&c.Security.TokenFile, controlToken},
		{&c.Admin, admin}, {&c.AdminTokenFile, adminToken}, {&c.Data, data}, {&c.Log, log},
		{&c.HTTPListen, httpListen}, {&c.HTTPControl, httpControl},
		{&c.Logging.Level, logLevel}, {&c.Logging.Format, logFormat}, {&c.EventLog.Mode, eventLog},
	} {
		if f.flag != "" {
			*f.to = f.flag
		}
	}
	if *incarnation > 0 {
		c.Incarnation = uint32(min(*incarnation, math.MaxUint32))
	}
	c.Inputs = append(c.Inputs, inputs...)
	if err := sources(c); err != nil {
		return nil, err
	}
	c.Emitter.ExitDrained = c.Emitter.ExitDrained || len(inputs) > 0
	if err := errors.Join(c.addAnalysers(analysers), c.addDistributors(to)); err != nil {
		return nil, err
	}
	return c, c.validate(role)
}

// errHelp says that the flags have told what was wrong.
var errHelp = errors.New("usage")

func (c *config) read(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, configMax+1))
	if err != nil {
		return err
	}
	if len(b) > configMax {
		return fmt.Errorf("%s: more than %d bytes", file, configMax)
	}
	if err := yaml.UnmarshalWithOptions(b, c, yaml.Strict()); err != nil {
		return fmt.Errorf("%s:%s", file, yaml.FormatError(err, false, true))
	}
	if c.Peers == nil {
		c.Peers = map[string]peer{}
	}
	return nil
}

// addAnalysers takes ID=WEIGHT@ADDR.
func (c *config) addAnalysers(items []string) error {
	var errs []error
	for _, item := range items {
		name, addr, ok1 := strings.Cut(item, "@")
		id, weight, ok2 := strings.Cut(name, "=")
		n, err := strconv.ParseUint(weight, 10, 32)
		if !ok1 || !ok2 || err != nil || addr == "" {
			errs = append(errs, fmt.Errorf("--analyser: %q is not ID=WEIGHT@ADDR", item))
			continue
		}
		c.Distributor.Analysers = append(c.Distributor.Analysers, distributor.Analyser{ID: id, Weight: uint32(n)})
		c.Peers[id] = peer{Data: addr}
	}
	return errors.Join(errs...)
}

// addDistributors takes NAME@ADDR.
func (c *config) addDistributors(items []string) error {
	var errs []error
	for _, item := range items {
		name, addr, ok := strings.Cut(item, "@")
		if !ok || name == "" || addr == "" {
			errs = append(errs, fmt.Errorf("--to: %q is not NAME@ADDR", item))
			continue
		}
		c.Emitter.Distributors = append(c.Emitter.Distributors, name)
		c.Peers[name] = peer{Data: addr}
	}
	return errors.Join(errs...)
}

// validate returns everything that is wrong with the configuration of a role.
func (c *config) validate(role string) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !node.ValidName(c.Name) {
		bad("name %q: want [A-Za-z0-9._-]{1,64}", c.Name)
	}
	if c.Data == "" {
		bad("no data folder: --data DIR")
	}
	errs = append(errs, c.Logging.validate(), c.EventLog.validate(), c.checkStop(), c.exposed(role), c.checkStore(role))
	if (role == "distribute" || role == "analyse") && c.Listen == "" && c.HTTPListen == "" {
		bad("no address to listen at: --listen HOST:PORT or --http-listen HOST:PORT")
	}
	errs = append(errs, c.checkAdmin())
	known := func(name string) {
		if c.Peers[name].Data == "" {
			bad("node %q has no address: peers: {%s: HOST:PORT}", name, name)
		}
	}
	switch role {
	case "distribute":
		for _, a := range c.Distributor.Analysers {
			known(a.ID)
		}
		errs = append(errs, c.Distributor.Validate(), c.checkGauge(), c.checkCluster())
	case "analyse":
		errs = append(errs, c.Analyser.Validate())
	case "emit":
		for _, d := range c.Emitter.Distributors {
			known(d)
		}
		errs = append(errs, c.inputs(), c.checkSources(), c.validEmitter())
	case "operate":
		errs = append(errs, c.Operator.Validate())
	}
	return errors.Join(errs...)
}

// inputs makes the emitter read the files.
func (c *config) inputs() error {
	var errs []error
	for _, name := range c.Inputs {
		if name == "-" {
			continue
		}
		info, err := os.Stat(name)
		if err == nil && !info.Mode().IsRegular() {
			err = fmt.Errorf("%s: not a regular file", name)
		}
		errs = append(errs, err)
		c.Emitter.Inputs = append(c.Emitter.Inputs, emitter.Input{Name: name, Open: opener(name)})
	}
	return errors.Join(errs...)
}

func opener(name string) func(int64) (io.ReadCloser, error) {
	return func(offset int64) (io.ReadCloser, error) {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		if _, err := f.Seek(offset, io.SeekStart); err != nil {
			f.Close()
			return nil, err
		}
		return f, nil
	}
}

// peers are the addresses for the transports.
func (c *config) peers() map[string]transport.Peer {
	all := map[string]transport.Peer{}
	for name, p := range c.Peers {
		all[name] = transport.Peer(p)
	}
	return all
}
