// Reads hardware and models from racks/*.toml by name.
//
// One file per entry, named after it; sources.toml names the sources. Errors carry file, line and column of the
// catalogue; an entry that does not exist is answered with the nearest name. Thread rule: one thread per Catalog.
#pragma once

#include "sim/catalog/calibration.h"
#include "sim/catalog/hardware.h"
#include "sim/catalog/transformer.h"
#include "sim/result.h"

#include <map>
#include <string>
#include <vector>

namespace racktwin {

// What stands in for values of the files: by file ("chips/gb200", "calibration"), assignments as Document::set takes
// them (`power.idle.is="180 W"`).
using CatalogChanges = std::map<std::string, std::vector<std::string>>;

class Catalog {
 public:
  explicit Catalog(std::string directory, CatalogChanges changes = {})
      : directory_(std::move(directory)), changes_(std::move(changes)) {}

  // The catalogue of this build, or where $RACKTWIN_RACKS points.
  static std::string default_directory();

  Result<Gpu> gpu(const std::string& name) const;
  Result<Cpu> cpu(const std::string& name) const;
  Result<RackType> rack(const std::string& name) const;
  Result<FabricType> fabric(const std::string& name) const;
  Result<ColdPlate> cold_plate(const std::string& name) const;
  Result<Coolant> coolant(const std::string& name) const;
  Result<CduType> cdu(const std::string& name) const;
  Result<FacilityType> facility(const std::string& name) const;
  Result<FeedType> feed(const std::string& name) const;
  Result<TransformerModel> model(const std::string& name) const;
  Result<Calibration> calibration() const;

  const std::string& directory() const { return directory_; }

 private:
  Result<Document> load(const std::string& file) const;  // "chips/gb200", changed
  Result<Document> open(const std::string& folder, const std::string& name, const std::string& kind) const;
  std::string directory_;
  CatalogChanges changes_;
};

}  // namespace racktwin
