package term

import (
	"fmt"
	"io"
	"time"
)

// Streams is what a command gets from outside: the three standard streams, the clock
// and the environment. Results go to Out, everything else to Err.
type Streams struct {
	In    io.Reader
	Out   io.Writer
	Err   io.Writer
	Cache string                   // folder of what can be made again; empty for none
	Now   func() time.Time         // nil for none: then nothing has expired
	Env   func(name string) string // nil for none
}

// Time returns the present time, or the zero time where no clock was handed down.
func (s Streams) Time() time.Time {
	if s.Now == nil {
		return time.Time{}
	}
	return s.Now()
}

// Getenv returns a variable of the environment; empty where none was handed down.
func (s Streams) Getenv(name string) string {
	if s.Env == nil {
		return ""
	}
	return s.Env(name)
}

// Note tells something on the side. That it cannot be told is no failure.
func (s Streams) Note(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Err, "note: "+format+"\n", args...)
}

// Result writes a line of what the verb is for; there, a failure counts.
func (s Streams) Result(format string, args ...any) error {
	_, err := fmt.Fprintf(s.Out, format+"\n", args...)
	return err
}
