package bump

import (
	"fmt"

	"github.com/Masterminds/semver/v3"
)

// Effect is what a bump does to those who use the chart.
type Effect struct {
	Stricter bool `json:"stricter"` // something is denied, warned about or audited that was not
	Enforced bool `json:"enforced"` // some of that is a denial
	Looser   bool `json:"looser"`   // something is no longer so
	Optional bool `json:"optional"` // rules came that are off until values name them
	Renamed  bool `json:"renamed"`  // values have to follow, or the chart refuses them
}

// Meaning says whether any verdict changes.
func (e Effect) Meaning() bool { return e.Stricter || e.Looser }

// Next gives the chart's next version and why. What denies more where it is
// enforced, or refuses values that were right, is a major version; what is only
// looser or new is a minor one, and the rest a patch. Below 1.0.0 the first number
// stays, as semantic versioning has it: a minor version there is what a major one is
// later, and all else is a patch.
func Next(now string, e Effect) (version, why string, err error) {
	v, err := semver.StrictNewVersion(now)
	if err != nil {
		return "", "", fmt.Errorf("propose version after %q: %w", now, err)
	}
	var level int
	switch {
	case e.Enforced:
		level, why = 2, "stricter where it is enforced"
	case e.Renamed:
		level, why = 2, "names in values have to follow"
	case e.Stricter:
		level, why = 1, "stricter where it warns or audits"
	case e.Looser:
		level, why = 1, "only looser"
	case e.Optional:
		level, why = 1, "new optional rules"
	default:
		why = "no verdict changes"
	}
	if v.Major() == 0 && level > 0 {
		level--
		why += ", below 1.0.0"
	}
	next := v.IncPatch()
	switch level {
	case 2:
		next = v.IncMajor()
	case 1:
		next = v.IncMinor()
	}
	return next.String(), why, nil
}
