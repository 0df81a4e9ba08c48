from gateway_admin.broadcasts.views import BROADCASTS
from gateway_admin.composite_pages import addresses

app_name = "broadcasts"
urlpatterns = addresses(BROADCASTS)
