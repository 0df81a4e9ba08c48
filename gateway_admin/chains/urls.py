from gateway_admin.chains.views import CHAINS
from gateway_admin.composite_pages import addresses

app_name = "chains"
urlpatterns = addresses(CHAINS)
