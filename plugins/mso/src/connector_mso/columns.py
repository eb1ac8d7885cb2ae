"""What each column of MSO holds. The API's documents name no currency and hardly a unit: such figures are as it has them."""

from typing import Final

from connector_core import Column

_UNIT: Final = "unit as the API has it"
_CURRENCY: Final = "currency as the API has it"

RECORD: Final = {
    "record_id": Column("STRING", "identifier of the record"),
    "cad_file_name": Column("STRING", "name of the CAD file of the design"),
    "cad_system": Column("STRING", "CAD system in which the design was made"),
    "designer_id": Column("STRING", "designer who made the design"),
    "designer_name": Column("STRING", "name of the designer", pii=True),
    "designer_skill_level": Column("STRING", "skill of the designer, such as Beginner, Intermediate or Expert"),
    "material_id": Column("STRING", "material that the design uses"),
    "material_name": Column("STRING", "name of the material"),
    "material_optimization_recommendation": Column("STRING", "recommendation on the optimization, such as Recommended"),
    "material_selection_recommendation": Column("STRING", "recommendation on the selection, such as Recommended"),
    "product_description": Column("STRING", "what the product is"),
    "product_id": Column("STRING", "product that the design is for"),
    "product_lifecycle_stage": Column("STRING", "stage of the product's life, such as Production"),
    "product_lifecycle_status": Column("STRING", "state of the product in that stage, such as Active"),
    "product_name": Column("STRING", "name of the product"),
    "designer_experience": Column("LONG", f"how long the designer has worked as one; {_UNIT}"),
    "last_updated_epoch": Column("LONG", "time of the record's last change, in seconds since 1970-01-01 UTC"),
    "cost_savings": Column("DOUBLE", f"cost that the optimization saves; {_CURRENCY}"),
    "density": Column("DOUBLE", f"density of the material; {_UNIT}"),
    "material_cost": Column("DOUBLE", f"cost of the material; {_CURRENCY}"),
    "material_optimization_score": Column("DOUBLE", "score of the optimization"),
    "material_selection_score": Column("DOUBLE", "score of the selection"),
    "material_waste": Column("DOUBLE", f"material that is wasted; {_UNIT}"),
    "material_weight": Column("DOUBLE", f"weight of the material; {_UNIT}"),
    "performance_improvement": Column("DOUBLE", f"performance that the optimization adds; {_UNIT}"),
    "poissons_ratio": Column("DOUBLE", "Poisson's ratio: strain across a load by strain along it, without a unit"),
    "product_performance": Column("DOUBLE", f"performance of the product; {_UNIT}"),
    "waste_reduction": Column("DOUBLE", f"waste that the optimization avoids; {_UNIT}"),
    "weight_reduction": Column("DOUBLE", f"weight that the optimization takes off; {_UNIT}"),
    "youngs_modulus": Column("DOUBLE", f"Young's modulus, the stiffness of the material under tension; {_UNIT}"),
    "material_optimization_date": Column("NAIVE_DATE", "day on which the use of the material was optimized"),
    "material_selection_date": Column("NAIVE_DATE", "day on which the material was selected"),
}
