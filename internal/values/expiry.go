package values

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// ahead is how long before an exception expires people are told.
const ahead = 30 * 24 * time.Hour

// Expiry says which exceptions of a chart's values have expired, and which will
// within 30 days. An exception holds through the whole day that `expires` names,
// in UTC. Both lists are sorted by the exceptions' names; values that are not of
// the right shape are left to the chart's schema.
func Expiry(values map[string]any, now time.Time) (expired, soon []string) {
	exceptions, ok := values["exceptions"].(map[string]any)
	if !ok {
		return nil, nil
	}
	for _, name := range slices.Sorted(maps.Keys(exceptions)) {
		e, ok := exceptions[name].(map[string]any)
		if !ok {
			continue
		}
		text, ok := e["expires"].(string)
		if !ok {
			continue
		}
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			expired = append(expired, fmt.Sprintf("exceptions.%s.expires is %q, which is no date", name, text))
			continue
		}
		end := day.AddDate(0, 0, 1)
		switch {
		case !now.Before(end):
			expired = append(expired, fmt.Sprintf("exceptions.%s has expired on %s", name, text))
		case !now.Before(end.Add(-ahead)):
			soon = append(soon, fmt.Sprintf("exceptions.%s expires on %s", name, text))
		}
	}
	return expired, soon
}
