package redisstore

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"weir/system/node"
)

// Config says which store this is. Name, user and password come from elsewhere: they
// are not for a file.
type Config struct {
	// Addr is the server, host:port. Required.
	Addr string `yaml:"addr"`
	// Name is the store's name, [A-Za-z0-9._-]{1,64}: analysers with the same name share
	// one. Default (empty): the analyser's own name, so that it shares none.
	Name string `yaml:"name"`
	// DB is the number of the server's database, 0 to 1023. Default 0.
	DB int `yaml:"db"`
	// UserEnv and PasswordEnv name environment variables with the user and the password.
	// Default (empty): none is sent.
	UserEnv     string `yaml:"user_env"`
	PasswordEnv string `yaml:"password_env"`
	// TLS says that the server is spoken to over TLS 1.3, its certificate checked against
	// CA, a file, or the machine's authorities if that is empty. Default (false): in clear.
	TLS bool   `yaml:"tls"`
	CA  string `yaml:"ca"`
	// Timeout is how long one operation may take, 10 ms to 1 min. Default 2s; zero means
	// the default.
	Timeout time.Duration `yaml:"timeout"`
	// Durability is always or unchecked: see the package's promise. Default (empty): always.
	Durability string `yaml:"durability"`
	// Replicas is how many replicas must have a batch before it counts, 0 to 16. Default 0.
	Replicas int `yaml:"replicas"`
}

// WithDefaults returns the configuration with every zero field set to its default.
func (c Config) WithDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = 2 * time.Second
	}
	if c.Durability == "" {
		c.Durability = "always"
	}
	return c
}

// Validate returns every reason why the configuration, with its defaults, cannot be used.
func (c Config) Validate() error {
	c = c.WithDefaults()
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf("redis: "+format, args...))
		}
	}
	host, port, err := net.SplitHostPort(c.Addr)
	bad(err != nil || host == "" || port == "", "addr %q: want HOST:PORT", c.Addr)
	bad(c.Name != "" && !node.ValidName(c.Name), "name %q: want [A-Za-z0-9._-]{1,64}", c.Name)
	bad(c.DB < 0 || c.DB > 1023, "db %d: want 0 to 1023", c.DB)
	bad(strings.ContainsAny(c.UserEnv+c.PasswordEnv, "= \x00"), "user_env %q, password_env %q: want names of environment variables", c.UserEnv, c.PasswordEnv)
	bad(c.UserEnv != "" && c.PasswordEnv == "", "user_env %q without password_env", c.UserEnv)
	bad(c.CA != "" && !c.TLS, "ca %q without tls: true", c.CA)
	bad(c.Timeout < 10*time.Millisecond || c.Timeout > time.Minute, "timeout %v: want 10ms to 1m", c.Timeout)
	bad(c.Durability != "always" && c.Durability != "unchecked", "durability %q: want always or unchecked", c.Durability)
	bad(c.Replicas < 0 || c.Replicas > 16, "replicas %d: want 0 to 16", c.Replicas)
	return errors.Join(errs...)
}
