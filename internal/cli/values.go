package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/exception"
)

// readValues reads and merges values files. An exception that has expired is an
// error, one that will within 30 days a note: a chart cannot know the date, so
// whoever reads the file has to.
func readValues(s Streams, files []string) (map[string]any, error) {
	values, err := chart.ReadValues(files)
	if err != nil {
		return nil, err
	}
	expired, soon := exception.Expiry(values, time.Now().UTC())
	for _, n := range soon {
		s.note("%s", n)
	}
	var errs []error
	for _, e := range expired {
		errs = append(errs, fmt.Errorf("read values: %s", e))
	}
	return values, errors.Join(errs...)
}
